import { breakHost, mendHost } from '../../lab/break';
import type { FaultOptions } from '../../lab/faults/fault';
import { inside } from '../../lab/inside';
import { hostOf } from '../../lab/lab';
import { TidegateError } from '../../model/errors';
import { type Chaos, type Injections, type Mend, NotNow } from '../chaos';
import { marksFolder } from '../package';

/** A fault of the lab's own (tidegate lab break). */
const lab = (name: string, options: FaultOptions = {}) =>
  onHost(async ({ setting }, host) => {
    await breakHost(setting.lab, host, name, options);
    return () => mendHost(setting.lab, host, name);
  });

/** Something that is done inside the host, and undone there. */
const script = (breaks: string, mends?: string) =>
  onHost(async ({ setting }, host) => {
    const of = hostOf(setting.lab, host);
    await inside(setting.lab, of, breaks);
    if (mends === undefined) return undefined;
    return async () => void (await inside(setting.lab, of, mends));
  });

/** A mark that the package's scriptlets obey; before or after the files are there, by the fault's number. */
const mark = (what: string): Injections[string] => {
  const [before, after] = ['pre', 'post'].map((when) => {
    const path = `${marksFolder}/${when}-${what}`;
    return script(`: >${path}`, `rm -f ${path}`);
  });
  return (chaos, fault) => (fault.number % 2 === 0 ? before! : after!)(chaos, fault);
};

const killRpm = 'pkill -KILL -f ^/usr/lib/tidegate-lab/rpm';
const killRunner = "pkill -KILL -f '^sh /var/lib/tidegate/operations/'";

export const hostFaults: Injections = {
  'power cut': lab('off'),
  'sshd dead': lab('stopped'),
  'sshd hangs': lab('hang'),
  'rpm killed': script(killRpm),
  'runner killed': script(killRunner),
  // Stopped first, so that the runner does not get to say what became of rpm.
  'runner and rpm killed': script(`${killRunner.replace('KILL', 'STOP')}; ${killRpm} || true; ${killRunner}`),
  'rpm lock held by another': lab('rpm-lock'),
  '/var full': lab('full-disk', { path: '/var' }),
  '/opt full': lab('full-disk', { path: '/opt' }),
  'root read-only': script('mount -o remount,ro /', 'mount -o remount,rw /'),
  'scriptlet fails': mark('fail'),
  'scriptlet hangs': mark('hang'),
  'scriptlet hangs past the deadline': mark('hang'),
  'scriptlet kills rpm': mark('kill'),
  'scriptlet floods': mark('flood'),
  'check fails': lab('planted'),
};

/** One fault of a host at a time; what cannot be done to it now, because of what it is or what it does, is not done. */
function onHost(breaks: (chaos: Chaos, host: string) => Promise<Mend>): Injections[string] {
  return async (chaos, { host }) => {
    if (chaos.broken.has(host)) throw new NotNow();
    chaos.broken.add(host);
    try {
      const mend = await breaks(chaos, host);
      return async () => {
        await mend?.();
        chaos.broken.delete(host);
      };
    } catch (error) {
      chaos.broken.delete(host);
      if (error instanceof TidegateError && error.code === 'TG_LAB_FAULT') throw new NotNow();
      throw error;
    }
  };
}
