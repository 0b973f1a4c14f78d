import { Account, type Measured } from './account';

/** One way to do the work. */
export interface Contender {
  readonly name: string;
  /** Of the tool; '' where it is ours. */
  readonly version: string;
  /** What goes before and is not measured. */
  before?(account: Account): Promise<void>;
  run(account: Account): Promise<void>;
  /** What goes after and is not measured: the hosts are asked whether it was done. */
  after?(): Promise<void>;
  /** Its processes, where some of them live on from round to round. */
  readonly account?: Account;
}

/** A contender that cannot be had here, or cannot do this work, and why. */
export interface Absent {
  readonly name: string;
  readonly absent: string;
}

/** The rounds of one contender. */
export interface Result {
  readonly name: string;
  readonly version: string;
  /** Why it has no rounds. */
  readonly absent?: string;
  readonly rounds: readonly Measured[];
  /** Rounds in which it did not do the work: they are not among the others. */
  readonly failures: readonly string[];
}

/**
 * Each contender in turn, then each again.
 * @param keep - is given all results after each contender's round, so that a run which is cut short leaves them
 */
export async function compete(
  contenders: readonly (Contender | Absent)[],
  rounds: number,
  tell: (line: string) => void,
  keep: (results: readonly Result[]) => void,
): Promise<void> {
  const results = new Map<string, Result>(
    contenders.map((one) => [one.name, { version: '', rounds: [], failures: [], ...known(one) }]),
  );
  for (let round = 1; round <= rounds; round += 1)
    for (const contender of contenders) {
      if ('absent' in contender) continue;
      const before = results.get(contender.name)!;
      const said = await oneRound(contender).then(
        (measured) => {
          results.set(contender.name, { ...before, rounds: [...before.rounds, measured] });
          return `${measured.wallSeconds.toFixed(2)} s`;
        },
        (error: unknown) => {
          const failure = troubleIn(String(error instanceof Error ? error.message : error));
          results.set(contender.name, { ...before, failures: [...before.failures, failure] });
          return `failed: ${failure}`;
        },
      );
      tell(`round ${round} of ${rounds}: ${contender.name} ${said}`);
      keep([...results.values()]);
    }
}

async function oneRound(contender: Contender): Promise<Measured> {
  const account = contender.account ?? new Account();
  try {
    await contender.before?.(account);
    const measured = await account.measure(() => contender.run(account));
    await contender.after?.();
    return measured;
  } finally {
    if (account !== contender.account) await account.end();
  }
}

const known = (one: Contender | Absent) => ('absent' in one ? one : { name: one.name, version: one.version });
/** The line that says what went wrong, where one of many does. */
const troubleIn = (text: string) =>
  (
    text.split('\n').find((line) => /unreachable|fatal|failed/i.test(line)) ??
    text.split('\n')[0] ??
    ''
  ).slice(0, 160);
