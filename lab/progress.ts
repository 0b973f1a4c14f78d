/** What a person who waits is told: a step begins (with an estimate where it is long), or has ended. */
export interface Step {
  readonly what: string;
  readonly state: 'begins' | 'done';
  /** Seconds that the step takes on 2 cores with a fast archive; absent when it is over in a moment. */
  readonly estimateSeconds?: number;
  readonly tookSeconds?: number;
}

export type OnProgress = (step: Step) => void;

/** Reports a step around `work`; what it throws goes through. */
export async function step<T>(
  onProgress: OnProgress | undefined,
  what: string,
  estimateSeconds: number | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const begun = process.hrtime.bigint();
  onProgress?.({ what, state: 'begins', estimateSeconds });
  const result = await work();
  onProgress?.({ what, state: 'done', tookSeconds: Number(process.hrtime.bigint() - begun) / 1e9 });
  return result;
}

/** Writes a line for each long step as it begins and for each step as it ends. */
export function printProgress(write: (line: string) => void): OnProgress {
  return ({ what, state, estimateSeconds, tookSeconds }) => {
    if (state === 'done') write(`${what}: ${tookSeconds?.toFixed(1)} s\n`);
    else if (estimateSeconds !== undefined) write(`${what} … (about ${estimateSeconds} s)\n`);
  };
}
