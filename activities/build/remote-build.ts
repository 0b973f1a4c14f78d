import { parseEndedBuild } from '../../model/build-answer';
import { lastLines, readBuildLog } from '../../model/build-log';
import { TidegateError } from '../../model/errors';
import { script } from '../../ops/script';
import { quote } from '../../ssh/quote';
import type { Files } from '../../store/files';
import type { Control } from './control';

/** A build that takes longer hangs: gcc and glibc take less. */
const deadlineSeconds = 4 * 3600;
/** One wait on the host; the build's end is known at once, and a connection that died is noticed by its keepalive. */
const waitSeconds = 60;
/** Beyond the wait, and for a bundle of hundreds of megabytes. */
const answerMarginMs = 10 * 60_000;
/** The end of a log tells what went wrong; kernels log some 20 MB. */
const logCapBytes = 64 * 1024 * 1024;
/** Lines of the log that an error shows. */
const shownLines = 8;

const folderOf = (id: string) => `/var/lib/tidegate-build/${id}`;

/** An RPM as it was built: unsigned, in the store. */
interface BuiltRpm {
  readonly file: string;
  readonly sha256: string;
}

/** The script of a build, whose text is part of the build's ID. */
export const buildRunner = () => script('build-runner.sh');

/**
 * Builds on a control instance, or attaches to the build of this ID that is there (ops/build.sh), and brings its
 * packages and its log into the store.
 * @param bundlePath - the tar file of all that it is made from.
 * @param signal - aborted when nobody waits for the build any more: its processes are ended.
 * @throws TG_PATCH_FAILED, TG_BUILD_FAILED, TG_BUILD_EMPTY, TG_BUILD_OVERDUE with the log's digest;
 * TG_BUILD_LOST and what ssh/ throws when it should be tried again: that attaches.
 */
export async function buildRemotely(
  files: Files,
  control: Control,
  given: { id: string; bundlePath: string; signal: AbortSignal },
): Promise<{ log: string; rpms: BuiltRpm[] }> {
  const ask = (verb: string[], inputPath?: string, signal?: AbortSignal) =>
    control.ask({
      name: 'tidegate-build',
      script: `tg_runner=${quote(buildRunner())}\n${script('build.sh')}`,
      words: [given.id, ...verb],
      root: true,
      inputPath,
      timeoutMs: waitSeconds * 1000 + answerMarginMs,
      signal,
    });
  try {
    let answer = await ask(['WAIT', '0'], undefined, given.signal);
    if (['state unknown', 'state lost'].includes(answer[0] ?? ''))
      answer = await ask(['BEGIN', String(deadlineSeconds)], given.bundlePath, given.signal);
    while (answer[0] === 'state running')
      answer = await ask(['WAIT', String(waitSeconds)], undefined, given.signal);
    if (answer[0] !== 'state done') throw control.error('TG_BUILD_LOST', answer[0] ?? 'no answer');
    const built = await collect(files, control, given.id, answer);
    await ask(['CLEAN']);
    if (built.code !== 0 || built.rpms.length === 0) throw await failure(files, control, built);
    return { log: built.log, rpms: built.rpms };
  } catch (error) {
    if (given.signal.aborted) await ask(['STOP']);
    throw error;
  }
}

async function collect(files: Files, control: Control, id: string, answer: readonly string[]) {
  const ended = parseEndedBuild(answer);
  if (ended === undefined) throw control.error('TG_HOST_ANSWER', 'it answers what our shell does not print');
  const sizeBytes = Math.min(ended.logBytes, logCapBytes);
  const log = await control.read(files, `${folderOf(id)}/log`, { root: true, sizeBytes });
  const rpms: BuiltRpm[] = [];
  for (const { path, file, sha256, sizeBytes } of ended.rpms) {
    const place = `${folderOf(id)}/tree/RPMS/${path}`;
    const stored = await control.read(files, place, { root: true, sizeBytes });
    if (stored.digest !== sha256) throw control.error('TG_HOST_ANSWER', `${path} changed on its way`);
    rpms.push({ file, sha256 });
  }
  return { code: ended.code, log: log.digest, rpms };
}

/** timeout(1) ends with 124 past its deadline, 137 when it had to kill. */
const overdueCodes = [124, 137];

async function failure(
  files: Files,
  control: Control,
  built: { code: number; log: string },
): Promise<TidegateError> {
  const text = (await files.get(built.log)).toString();
  const found = readBuildLog(text);
  const refuse = (code: ConstructorParameters<typeof TidegateError>[0], detail: string) =>
    new TidegateError(code, {
      detail: `on ${control.host.name}: ${detail}`,
      hosts: [control.host.name],
      next: code === 'TG_BUILD_EMPTY' ? undefined : `tidegate log show ${built.log.slice(0, 12)}`,
    });
  if (built.code === 0) return refuse('TG_BUILD_EMPTY', 'rpmbuild ended well and made no package');
  if (overdueCodes.includes(built.code))
    return refuse('TG_BUILD_OVERDUE', `it ran for ${deadlineSeconds / 3600} h`);
  if (found.kind === 'patch')
    return refuse(
      'TG_PATCH_FAILED',
      `${found.patch}${found.file === undefined ? '' : `, in ${found.file}`}: ${found.why}`,
    );
  if (found.kind === 'dependencies')
    return refuse('TG_BUILD_FAILED', `missing there: ${found.missing.join(', ')}`);
  const lines = lastLines(text, shownLines).map((line) => `\n  ${line.slice(0, 200)}`);
  return refuse(
    'TG_BUILD_FAILED',
    `${found.step ?? 'rpmbuild'} failed (exit ${built.code})${lines.join('')}`,
  );
}
