import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TidegateError } from '../../../model/errors';
import type { RunResultEntry } from '../../../model/run-ledger';
import { Files } from '../../../store/files';
import { findHome, type Home } from '../../../store/home';
import { runOnHosts } from '../../run-on-hosts';
import { outputBytes } from '../../runs';
import type { ExitCode, Invocation } from '../../verb';
import { oneLine } from '../../view/printable';
import { counted } from '../../view/sums';
import { copyWords } from './copy-words';
import { type RunOptions, requestOptions } from './options';
import { showRun } from './show-run';

/** Brings a file or a folder from hosts to FOLDER/HOST; exit code 3 when any of them is not ok. */
export async function run(invocation: Invocation<RunOptions>): Promise<ExitCode> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  const [selector, remote, folder] = await copyWords(invocation, 'pull');
  const request = {
    ...requestOptions(options),
    selector,
    task: { verb: 'pull' as const, from: remote },
    canary: 0,
    stream: false,
  };
  let failed = false;
  let brought = 0;
  const put = async (entry: RunResultEntry): Promise<void> => {
    if (entry.outcome !== 'ok') return;
    try {
      await putAside(home, entry, basename(remote), resolve(folder));
      brought += 1;
    } catch (error) {
      failed = true;
      output.note(`TG_PULL_FAILED  ${entry.host}: ${oneLine(String(error))}`);
    }
  };
  const doing = `pull ${remote} from '${selector}'`;
  const known = await runOnHosts(home, invocation, request, doing, { result: put });
  const code = await showRun(home, known, invocation, { troubles: true, diff: false });
  if (brought > 0)
    output.note(`In ${join(folder, 'HOST', basename(remote))}, of ${counted(brought, 'host')}`);
  return failed ? 3 : code;
}

/**
 * Made in a folder that nobody else has named, and renamed: what a host sent earlier, links among it, is replaced and
 * never written through.
 */
async function putAside(home: Home, entry: RunResultEntry, name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(join(folder, '.pulling-'));
  try {
    const made = join(fresh, 'made');
    if (entry.detail === 'folder') await unpack(home, entry, made);
    else if (entry.stdout?.file !== undefined)
      await copyFile(new Files(home.files).path(entry.stdout.file), made);
    else await writeFile(made, await outputBytes(home, entry.stdout));
    const own = join(folder, entry.host);
    await mkdir(own, { recursive: true });
    const to = join(own, name);
    await rm(to, { recursive: true, force: true });
    await rename(made, to);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** tar refuses names that leave the folder; owners are not taken over: the archive is a stranger's. */
async function unpack(home: Home, { host, stdout }: RunResultEntry, folder: string): Promise<void> {
  await mkdir(folder);
  const words = ['-x', '-f', '-', '--no-same-owner', '--no-same-permissions', '-C', folder];
  const tar = spawn('tar', words, { stdio: ['pipe', 'ignore', 'pipe'], env: { PATH: process.env.PATH } });
  let said = '';
  tar.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(0, 300);
  });
  const ended = new Promise<number | null>((done, fail) => {
    tar.once('error', fail).once('close', done);
  });
  const archive =
    stdout?.file === undefined
      ? [await outputBytes(home, stdout)]
      : createReadStream(new Files(home.files).path(stdout.file));
  // That tar went away first, its exit code tells.
  await pipeline(archive, tar.stdin).catch(() => undefined);
  if ((await ended) !== 0)
    throw new TidegateError('TG_PULL_FAILED', { detail: `${host}: tar: ${said}`, hosts: [host] });
}
