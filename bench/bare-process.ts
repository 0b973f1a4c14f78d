import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Lab, LabHost } from '../lab/lab';
import type { Rpm } from '../model/artifact';
import { bareCommand, bareLoop, barePush, naiveLoop } from './bare';
import type { Accounting } from './contender';

/** What a bare loop is told to do. */
export type BareWork = { readonly lab: Lab; readonly atOnce: number } & (
  | { readonly what: 'command'; readonly hosts: LabHost[]; readonly command: string }
  | { readonly what: 'push'; readonly hosts: LabHost[]; readonly file: string; readonly to: string }
  | { readonly what: 'same steps'; readonly waves: LabHost[][]; readonly rpm: Rpm }
  | { readonly what: 'naive'; readonly hosts: LabHost[]; readonly rpm: Rpm }
);

/** Starts a process for one bare loop, which has loaded ssh2 and waits. @returns what lets it begin, to its end */
export async function bareProcess(account: Accounting, work: BareWork): Promise<() => Promise<void>> {
  const child = fork(__filename, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  account.add(child.pid!);
  await once(child, 'message');
  return async () => {
    child.send(work);
    const [problem] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => ['the bare loop ended without a word']),
    ]);
    child.kill();
    if (problem !== null) throw new Error(String(problem));
  };
}

function carryOut(work: BareWork): Promise<void> {
  const { lab, atOnce } = work;
  switch (work.what) {
    case 'command':
      return bareCommand(lab, work.hosts, work.command, atOnce);
    case 'push':
      return barePush(lab, work.hosts, work.file, work.to, atOnce);
    case 'same steps':
      return bareLoop(lab, work.waves, work.rpm, atOnce);
    case 'naive':
      return naiveLoop(lab, work.hosts, work.rpm, atOnce);
  }
}

if (require.main === module) {
  process.once('message', (work: BareWork) => {
    carryOut(work).then(
      () => process.send?.(null),
      (error: unknown) => process.send?.(String(error)),
    );
  });
  process.send?.('ready');
}
