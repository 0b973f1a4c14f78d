import type { Rpm } from './artifact';
import { nevra } from './artifact';
import { namesToAsk } from './obsoletes';
import type { Check, Plan } from './plan';

/** What one operation does on one host, before it is written as the shell fragment that the host keeps. */
interface Transaction {
  /** RPMs to install, staged by their SHA-256. */
  readonly install: readonly Rpm[];
  /** Names to erase (undo of what was not there before). */
  readonly erase: readonly string[];
  /** Undo and mending go to other versions than rpm would by itself. */
  readonly oldPackage: boolean;
  readonly replacePackages: boolean;
  /** Nobody asked rpm before: what it turns down with nothing changed is TG_PREFLIGHT_REFUSED. */
  readonly mayBeTurnedDown?: boolean;
}

/** The plan's words around a transaction; undo runs the transaction, its restarts and its verification only. */
export type Around = Pick<Plan, 'before' | 'after' | 'restart' | 'checks' | 'timeouts'>;

/** Folder of the host that holds what ops/stage.sh staged. */
const stageFolder = '/var/lib/tidegate/stage';

/**
 * The request of an operation: a fragment of ops/runner.sh's verbs, kept on the host and readable there.
 * Its digest is what makes an operation ID stand for one thing only (DESIGN.md decision 1).
 */
export function requestText(transaction: Transaction, around: Around): string {
  const { install, erase } = transaction;
  const lockSeconds = Math.ceil(around.timeouts.rpmLock / 1000);
  const lines: string[] = [];
  for (const command of around.before) lines.push(words('before', command));
  if (install.length > 0) {
    const flags = ['-U', '--define', '_pkgverify_level all'];
    if (transaction.oldPackage) flags.push('--oldpackage');
    if (transaction.replacePackages) flags.push('--replacepkgs');
    // What is erased next still stands in the way of what it obsoletes or requires: rpm's own order, new before
    // old, in two steps. That nothing is missing afterwards is what `rpm -V` says of each package.
    if (erase.length > 0) flags.push('--nodeps', '--replacefiles');
    lines.push(
      words(
        'transaction',
        String(lockSeconds),
        ...(transaction.mayBeTurnedDown ? ['TRY'] : []),
        ...flags,
        ...install.map((rpm) => `${stageFolder}/${rpm.sha256}.rpm`),
      ),
    );
  }
  if (erase.length > 0) lines.push(words('erase', String(lockSeconds), ...erase));
  for (const rpm of install) lines.push(words('verify', nevra(rpm), rpm.headerDigest));
  for (const name of erase) lines.push(words('gone', name));
  for (const unit of around.restart) lines.push(words('restart', unit));
  for (const command of around.after) lines.push(words('after', command));
  lines.push(...checkLines(around));
  const names = [...namesToAsk(install), ...erase];
  if (names.length > 0) lines.push(words('left', ...names));
  return `${lines.join('\n')}\n`;
}

/** The plan's checks as verbs of ops/runner.sh. */
export function checkLines({ checks, timeouts }: Pick<Around, 'checks' | 'timeouts'>): string[] {
  const seconds = String(Math.ceil(timeouts.check / 1000));
  return checks.map((check) => words('check', seconds, ...checkWords(check)));
}

function checkWords(check: Check): string[] {
  if ('command' in check) return ['command', check.command];
  if ('service' in check) return ['service', check.service];
  if ('tcp' in check) return ['tcp', check.tcp];
  return ['http', check.http, String(check.status)];
}

/** POSIX single quotes: the only quoting in which nothing means anything. */
function words(verb: string, ...given: string[]): string {
  return [verb, ...given.map((word) => `'${word.replaceAll("'", `'\\''`)}'`)].join(' ');
}
