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
  readonly absent?: string;
  readonly rounds: readonly Measured[];
}

/** Each contender in turn, then each again. One that fails is out, and its row says why. */
export async function compete(
  contenders: readonly (Contender | Absent)[],
  rounds: number,
  tell: (line: string) => void,
): Promise<Result[]> {
  const results = new Map<string, Result>(
    contenders.map((one) => [one.name, { version: '', rounds: [], ...known(one) }]),
  );
  for (let round = 1; round <= rounds; round += 1)
    for (const contender of contenders) {
      const before = results.get(contender.name)!;
      if ('absent' in contender || before.absent !== undefined) continue;
      try {
        const measured = await oneRound(contender);
        results.set(contender.name, { ...before, rounds: [...before.rounds, measured] });
        tell(`round ${round} of ${rounds}: ${contender.name} ${measured.wallSeconds.toFixed(2)} s`);
      } catch (error) {
        const absent = `failed: ${String(error instanceof Error ? error.message : error)}`;
        results.set(contender.name, { ...before, absent: firstLine(absent) });
        tell(`round ${round} of ${rounds}: ${contender.name} ${absent}`);
      }
    }
  return [...results.values()];
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
const firstLine = (text: string) => (text.split('\n')[0] ?? '').slice(0, 160);
