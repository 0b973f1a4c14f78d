import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rpm } from '../model/artifact';
import { Files } from '../store/files';
import { homeAt } from '../store/home';
import { bareCommand } from './bare';
import type { Bench } from './lab';
import { benchPackage } from './lab-package';

/** Of the hosts' answers when they are asked whether the work was done: quick, and not measured. */
const askedAtOnce = 64;
const pushedBytes = 1024 ** 2;
const pushedTo = '/var/tmp/bench-push';

export type Todo =
  | { readonly what: 'command'; readonly command: string }
  | { readonly what: 'push'; readonly file: string; readonly to: string }
  | { readonly what: 'rollout'; readonly file: string; readonly package: string; readonly rpm: Rpm };

/** What the contenders are to do, anew in each round: a file or a version that no host has yet. */
export interface Work {
  readonly what: Todo['what'];
  next(): Promise<Todo>;
  /** @throws unless every host has what `next` gave last */
  check(): Promise<void>;
}

export function commandWork(): Work {
  return {
    what: 'command',
    next: async () => ({ what: 'command', command: 'true' }),
    // Each contender's exit code says whether every host answered.
    check: async () => undefined,
  };
}

export function pushWork({ lab, web }: Bench): Work {
  let mark = '';
  return {
    what: 'push',
    async next() {
      mark = randomBytes(16).toString('hex');
      const file = join(lab.folder, 'bench-push');
      writeFileSync(file, Buffer.concat([Buffer.from(mark), randomBytes(pushedBytes - mark.length)]));
      return { what: 'push', file, to: pushedTo };
    },
    check: () =>
      bareCommand(
        lab,
        web,
        `test "$(head -c 32 ${pushedTo})" = ${mark} && test $(stat -c %s ${pushedTo}) = ${pushedBytes}`,
        askedAtOnce,
      ),
  };
}

export function rolloutWork({ lab, web }: Bench): Work {
  // Higher than any before, also those of a lab that is there already.
  const first = Math.floor(Date.now() / 1000);
  let version = first;
  return {
    what: 'rollout',
    async next() {
      version += 1;
      const rpm = await benchPackage(lab, String(version));
      return {
        what: 'rollout',
        file: new Files(homeAt(lab.home).files).path(rpm.sha256),
        package: rpm.name,
        rpm,
      };
    },
    check: () =>
      bareCommand(lab, web, `test "$(rpm -q --qf '%{version}' tgbench)" = ${version}`, askedAtOnce),
  };
}
