import { Account, type Measured } from './account';

/** What counts a contender's processes. */
export type Accounting = Pick<Account, 'add' | 'command' | 'measure'>;

/** One way to do the work. */
export interface Contender {
  readonly name: string;
  /** Of the tool; '' where it is ours. */
  readonly version: string;
  /** What goes before and is not measured. */
  before?(account: Accounting): Promise<void>;
  run(account: Accounting): Promise<void>;
  /** What goes after and is not measured: the hosts are asked whether it was done. */
  after?(): Promise<void>;
  /** Its processes, where some of them live on from round to round. */
  readonly account?: Accounting;
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
 * @param given.onceAboveSeconds - whoever needs longer for a round, done or failed, has no other
 * @param given.earlier - rounds that are kept from before
 * @param keep - is given all results after each contender's round, so that a run which is cut short leaves them
 */
export async function compete(
  contenders: readonly (Contender | Absent)[],
  given: { readonly rounds: number; readonly onceAboveSeconds: number; readonly earlier: readonly Result[] },
  tell: (line: string) => void,
  keep: (results: readonly Result[]) => void,
): Promise<void> {
  const { rounds, onceAboveSeconds, earlier } = given;
  const results = new Map<string, Result>(
    contenders.map((one) => {
      const before = earlier.find(({ name }) => name === one.name);
      return [one.name, { version: '', rounds: [], failures: [], ...before, ...known(one) }];
    }),
  );
  const gaveUp = new Set<string>();
  for (let round = 1; round <= rounds; round += 1)
    for (const contender of contenders) {
      const before = results.get(contender.name)!;
      const isSlow = before.rounds.some(({ wallSeconds }) => wallSeconds > onceAboveSeconds);
      if ('absent' in contender || isSlow || gaveUp.has(contender.name)) continue;
      const begunMs = performance.now();
      const said = await oneRound(contender).then(
        (measured) => {
          results.set(contender.name, { ...before, rounds: [...before.rounds, measured] });
          return `${measured.wallSeconds.toFixed(2)} s`;
        },
        (error: unknown) => {
          const failure = troubleIn(String(error instanceof Error ? error.message : error));
          results.set(contender.name, { ...before, failures: [...before.failures, failure] });
          if (performance.now() - begunMs > onceAboveSeconds * 1_000) gaveUp.add(contender.name);
          return `failed: ${failure}`;
        },
      );
      tell(`round ${round} of ${rounds}: ${contender.name} ${said}`);
      keep([...results.values()]);
    }
}

async function oneRound(contender: Contender): Promise<Measured> {
  if (contender.account) return within(contender, contender.account);
  const account = new Account();
  try {
    return await within(contender, account);
  } finally {
    await account.end();
  }
}

async function within(contender: Contender, account: Accounting): Promise<Measured> {
  await contender.before?.(account);
  const measured = await account.measure(() => contender.run(account));
  await contender.after?.();
  return measured;
}

const known = (one: Contender | Absent) => ('absent' in one ? one : { name: one.name, version: one.version });
/** The line that says what went wrong, where one of many does. */
const troubleIn = (text: string) =>
  (
    text.split('\n').find((line) => /unreachable|fatal|failed/i.test(line)) ??
    text.split('\n')[0] ??
    ''
  ).slice(0, 160);
