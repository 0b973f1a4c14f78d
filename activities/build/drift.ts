import { z } from 'zod';
import { type Actor, actorSchema } from '../../model/actor';
import type { TidegateError } from '../../model/errors';
import { script } from '../../ops/script';
import type { Artifacts } from '../../store/artifacts';
import type { Files } from '../../store/files';
import type { Ledger } from '../../store/ledger';
import type { Control } from './control';

/** The ledger's book of control instances: what each was made of when it was first built on, or accepted since. */
const book = 'control';
const entrySchema = z.object({
  at: z.iso.datetime(),
  host: z.string(),
  platform: z.string(),
  packages: z.string(),
  why: z.enum(['first', 'accepted', 'ours']),
  actor: actorSchema,
});

/** What a build is told of its control instance. */
interface Builder {
  /** Digest, in the store, of its list of packages. */
  readonly packages: string;
  readonly arch: string;
}

/** Changes that an error names; the rest is counted. */
const shownChanges = 10;
const listTimeoutMs = 2 * 60_000;

/**
 * Compares the packages of a control instance with those of the last build on it, so that nothing is built on what
 * is no longer the golden image. Packages that are artifacts of ours (rolled out to it, or rehearsed) are no drift.
 * @throws TG_CONTROL_DRIFTED with what changed, unless `accept`.
 */
export async function checkDrift(
  { files, ledger, artifacts }: { files: Files; ledger: Ledger; artifacts: Artifacts },
  control: Control,
  platform: string,
  given: { accept: boolean; actor: Actor; nowIso: string },
): Promise<Builder> {
  const lines = await control.ask({
    name: 'tidegate-packages',
    script: script('build-control.sh'),
    words: [],
    root: false,
    timeoutMs: listTimeoutMs,
  });
  const arch = /^arch (\S+)$/.exec(lines.at(-1) ?? '')?.[1];
  if (arch === undefined) throw control.error('TG_CONTROL_UNFIT', 'rpm is not there');
  const now = lines.slice(0, -1);
  const packages = await files.put(`${now.join('\n')}\n`);
  const last = await lastEntry(ledger, control.host.name, platform);
  if (last?.packages === packages) return { packages, arch };
  const changes =
    last === undefined ? [] : changed((await files.get(last.packages)).toString().split('\n'), now);
  const ours = await ourPackages(artifacts);
  const foreign = changes.filter((change) => !ours.has(change.slice(2)));
  if (foreign.length > 0 && !given.accept) throw drifted(control, foreign);
  await ledger.append(book, {
    at: given.nowIso,
    host: control.host.name,
    platform,
    packages,
    why: last === undefined ? 'first' : foreign.length > 0 ? 'accepted' : 'ours',
    actor: given.actor,
  });
  return { packages, arch };
}

async function lastEntry(ledger: Ledger, host: string, platform: string) {
  let last: z.infer<typeof entrySchema> | undefined;
  for await (const entry of ledger.read(book)) {
    const parsed = entrySchema.parse(entry);
    if (parsed.host === host && parsed.platform === platform) last = parsed;
  }
  return last;
}

/** Lines gone as `- line`, lines new as `+ line`. */
function changed(before: readonly string[], after: readonly string[]): string[] {
  const [old, current] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => line !== '' && !current.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}

/** As build-control.sh writes them: `rpm NAME EPOCH:VERSION-RELEASE ARCH`. */
async function ourPackages(artifacts: Artifacts): Promise<Set<string>> {
  const rpms = (await artifacts.list()).flatMap(({ artifact }) => Object.values(artifact.platforms).flat());
  return new Set(
    rpms.map(
      ({ name, epoch, version, release, arch }) => `rpm ${name} ${epoch}:${version}-${release} ${arch}`,
    ),
  );
}

function drifted(control: Control, changes: readonly string[]): TidegateError {
  const shown = changes.slice(0, shownChanges).map((change) => `\n  ${change}`);
  const rest = changes.length > shownChanges ? `\n  and ${changes.length - shownChanges} more` : '';
  return control.error(
    'TG_CONTROL_DRIFTED',
    `${changes.length} changes since the last build on it${shown.join('')}${rest}`,
  );
}
