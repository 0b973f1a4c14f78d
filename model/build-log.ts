/** What a failed rpmbuild's log says went wrong. */
type BuildFailure =
  | { readonly kind: 'patch'; readonly patch: string; readonly file?: string; readonly why: string }
  | { readonly kind: 'dependencies'; readonly missing: readonly string[] }
  | { readonly kind: 'other'; readonly step?: string };

/**
 * Reads rpmbuild's log (run in the C locale): which patch did not apply and where, what is missing to build it, or
 * the step that failed.
 */
export function readBuildLog(log: string): BuildFailure {
  return patchFailure(log) ?? missingDependencies(log) ?? { kind: 'other', step: failedStep(log) };
}

/** The last lines that say something: without rpmbuild's own closing summary. */
export function lastLines(log: string, count: number): string[] {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const end = lines.findIndex((line) => /^RPM build (warnings|errors):$/.test(line));
  return (end < 0 ? lines : lines.slice(0, end)).filter((line) => line !== '').slice(-count);
}

/** patch(1) stops %prep: the patch is the last one that the shell's trace names, the place is in patch's words. */
function patchFailure(log: string): BuildFailure | undefined {
  if (!/^error: Bad exit status from \S+ \(%prep\)/m.test(log)) return undefined;
  const failed = /^\d+ out of \d+ hunks? (?:FAILED|ignored)(?:.* to file (\S+)\.rej)?$/m.exec(log);
  const garbage = /^\S*patch: \*{4} (.*)$/m.exec(log)?.[1];
  const patch = lastPatchNamed(log);
  if ((!failed && garbage === undefined) || patch === undefined) return undefined;
  const absent = /^\|\+\+\+ (?:b\/)?(\S+)/m.exec(log)?.[1];
  if (failed && !failed[1] && absent !== undefined)
    return { kind: 'patch', patch, file: absent, why: 'no such file' };
  const why = garbage ?? /^\d+ out of \d+ hunks? FAILED/m.exec(log)?.[0];
  return { kind: 'patch', patch, file: failed?.[1], why: why ?? 'it does not apply' };
}

/**
 * rpm before 4.14 echoes `Patch #1 (name):`, later ones only trace the command. The two ends of `cat PATCH | patch`
 * trace at once, so the line may go on with words of the other; a name has no slash.
 */
function lastPatchNamed(log: string): string | undefined {
  const traced = [...log.matchAll(/^\+ .*\/SOURCES\/([^\s/]+?)\+?(?=[\s/])/gm)].at(-1)?.[1];
  return [...log.matchAll(/^Patch #\d+ \(([^\s)]+)\):/gm)].at(-1)?.[1] ?? traced;
}

function missingDependencies(log: string): BuildFailure | undefined {
  const start = log.indexOf('error: Failed build dependencies:');
  if (start < 0) return undefined;
  const missing = [...log.slice(start).matchAll(/^[ \t]+(\S.*?) is needed by /gm)].map(
    (match) => match[1] ?? '',
  );
  return { kind: 'dependencies', missing };
}

function failedStep(log: string): string | undefined {
  return /^error: Bad exit status from \S+ \((%\w+)\)/m.exec(log)?.[1];
}
