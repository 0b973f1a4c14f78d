import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { whyNotNamed } from './judge';
import type { Answer, Ask, ThreadData } from './lane';
import type { Target, Trial } from './target';

/** The thread's side of a lane (fuzz/lane.ts): runs cases of one target, and says what came of them. */
async function serve(): Promise<void> {
  const { module, name, folder, begun: shared }: ThreadData = workerData;
  const begun = new Int32Array(shared);
  const { targets }: { targets: readonly Target[] } = await import(module);
  const { input, open } = targets.find((target) => target.name === name)!;
  const trial = await open(folder);

  const stretch = async ({ seed, cases }: Extract<Ask, { seed: number }>): Promise<Answer> => {
    let read = 0;
    let at = -1;
    let why: string | undefined;
    const property = fc.asyncProperty(input, async (bytes) => {
      at += 1;
      Atomics.add(begun, 0, 1);
      const said = await attempt(trial, bytes);
      if (said === true) read += 1;
      if (typeof said !== 'string') return;
      why = said;
      throw new Error(said);
    });
    await fc.check(property, { seed, numRuns: cases, endOnFailure: true });
    return { read, cases: at + 1, why };
  };

  parentPort!.on('message', async (ask: Ask) => {
    if ('seed' in ask) parentPort!.postMessage(await stretch(ask));
    else {
      Atomics.add(begun, 0, 1);
      const said = await attempt(trial, ask.input);
      parentPort!.postMessage({ cases: 1, read: 0, why: typeof said === 'string' ? said : undefined });
    }
  });
  parentPort!.postMessage('ready');
}

/** @returns whether it was read (false: refused by name); why it is a finding. */
async function attempt(trial: Trial, input: Uint8Array): Promise<boolean | string> {
  try {
    await trial(Buffer.from(input));
    return true;
  } catch (error) {
    return whyNotNamed(error) ?? false;
  }
}

void serve();
