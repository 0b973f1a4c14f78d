import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { TidegateError } from '../../../model/errors';
import type { RunResultEntry } from '../../../model/run-ledger';
import { Files } from '../../../store/files';
import { findHome, type Home } from '../../../store/home';
import { runOnHosts } from '../../run-on-hosts';
import { outputBytes } from '../../runs';
import type { ExitCode, Invocation } from '../../verb';
import { copyWords } from './copy-words';
import { type RunOptions, requestOptions } from './options';
import { showRun } from './show-run';

/** Brings a file or a folder from hosts to FOLDER/HOST; exit code 3 when any of them is not ok. */
export async function run(invocation: Invocation<RunOptions>): Promise<ExitCode> {
  const { options } = invocation;
  const home = findHome(options.home);
  const [selector, remote, folder] = await copyWords(invocation, 'REMOTE FOLDER');
  const request = {
    ...requestOptions(options),
    selector,
    task: { verb: 'pull' as const, from: remote },
    canary: 0,
    stream: false,
  };
  const known = await runOnHosts(home, invocation, request, `pull ${remote} from '${selector}'`, {
    result: (entry) => (entry.outcome === 'ok' ? put(home, entry, remote, resolve(folder)) : undefined),
  });
  return showRun(home, known, invocation, { troubles: true, diff: false });
}

async function put(home: Home, entry: RunResultEntry, remote: string, folder: string): Promise<void> {
  const own = join(folder, entry.host);
  await mkdir(own, { recursive: true });
  const file = entry.stdout?.file;
  if (entry.detail === 'folder') return unpack(home, entry, own);
  const to = join(own, basename(remote));
  if (file === undefined) await writeFile(to, await outputBytes(home, entry.stdout));
  else await copyFile(new Files(home.files).path(file), to);
}

/** tar refuses names that leave the folder; owners are not taken over: the archive is a stranger's. */
async function unpack(home: Home, { host, stdout }: RunResultEntry, folder: string): Promise<void> {
  const words = ['-x', '--no-same-owner', '--no-same-permissions', '-C', folder];
  const tar = spawn('tar', words, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  tar.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(0, 300);
  });
  if (stdout?.file === undefined) tar.stdin.end(await outputBytes(home, stdout));
  else createReadStream(new Files(home.files).path(stdout.file)).pipe(tar.stdin);
  const code = await new Promise((done) => tar.once('close', done));
  if (code !== 0)
    throw new TidegateError('TG_PULL_FAILED', { detail: `${host}: tar: ${said}`, hosts: [host] });
}
