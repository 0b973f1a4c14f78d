import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { TidegateError } from '../../../model/errors';
import type { PushedFile } from '../../../model/run-request';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import { runOnHosts } from '../../run-on-hosts';
import type { ExitCode, Invocation } from '../../verb';
import { copyWords } from './copy-words';
import { type RunOptions, requestOptions } from './options';
import { showRun } from './show-run';

interface PushOptions extends RunOptions {
  readonly mode?: string;
  readonly owner?: string;
  readonly dryRun?: boolean;
}

/** A larger push is an artifact's, or a package mirror's, work. */
const mostFiles = 10_000;

/** Puts a file or a folder on hosts; exit code 3 when any of them is not ok. */
export async function run(invocation: Invocation<PushOptions>): Promise<ExitCode> {
  const { options } = invocation;
  const home = findHome(options.home);
  const [selector, local, remote] = await copyWords(invocation, 'push');
  if (options.owner !== undefined && !options.sudo)
    throw new TidegateError('TG_USAGE', { detail: '--owner needs root', next: 'add --sudo' });
  const files = new Files(home.files);
  const entries = await entriesOf(local, files, modeOption(options.mode));
  const single = entries[0]?.sha256 !== undefined && entries[0].path === '';
  const request = {
    ...requestOptions(options),
    selector,
    task: {
      verb: 'push' as const,
      files: await files.putJson(entries),
      to: single && remote.endsWith('/') ? join(remote, basename(local)) : remote.replace(/(?<=.)\/+$/, ''),
      owner: options.owner,
      dryRun: options.dryRun === true,
    },
    canary: 0,
    stream: false,
  };
  const known = await runOnHosts(home, invocation, request, `push ${local} to '${selector}'`);
  return showRun(home, known, invocation, { diff: false });
}

/** The files of a push, their contents in the store; folders before what is in them. */
async function entriesOf(local: string, files: Files, mode: number | undefined): Promise<PushedFile[]> {
  const root = await realpath(resolve(local)).catch((cause: unknown) => {
    throw new TidegateError('TG_FILE_MISSING', local, { cause });
  });
  const entries: PushedFile[] = [];
  const add = async (path: string): Promise<void> => {
    const found = await lstat(path).catch((cause: unknown) => {
      // readdir(3) gives bytes; a name that is not UTF-8 comes back as another, which nobody has.
      throw new TidegateError('TG_FILE_INVALID', `${path}: its name is not UTF-8, or it is gone`, { cause });
    });
    const name = relative(root, path);
    if (name.includes('\n'))
      throw new TidegateError('TG_FILE_INVALID', `a line break in the name of ${path}`);
    if (entries.length >= mostFiles)
      throw new TidegateError('TG_USAGE', `${local} has more than ${mostFiles} files: pack them first`);
    if (found.isDirectory()) {
      entries.push({ path: name, sizeBytes: 0, mode: found.mode & 0o7777 });
      for (const entry of (await readdir(path)).sort()) await add(join(path, entry));
    } else if (found.isFile()) {
      const { digest, sizeBytes } = await files.putFile(path);
      entries.push({ path: name, sha256: digest, sizeBytes, mode: mode ?? found.mode & 0o7777 });
    } else
      throw new TidegateError('TG_FILE_INVALID', {
        detail: `${path} is neither a file nor a folder`,
        next: 'push what it points to, or pack the folder with tar',
      });
  };
  await add(root);
  return entries;
}

function modeOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new TidegateError('TG_USAGE', `'${text}' is not a mode such as 0644`);
}
