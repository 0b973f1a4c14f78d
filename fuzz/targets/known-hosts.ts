import { TidegateError } from '../../model/errors';
import { addKnownHost } from '../../ssh/add-known-host';
import { KnownHosts } from '../../ssh/known-hosts';
import type { Target as SshTarget } from '../../ssh/target';
import { texts } from '../input';
import { knownHosts as hard } from '../samples/hard';
import { knownHosts as samples } from '../samples/inventories';
import { mustHold, type Target } from '../target';
import { written } from './documents';

const [keyText = ''] = /AAAA\S+/.exec(samples[0]!) ?? [];
const key = Buffer.from(keyText, 'base64');
const hosts: readonly SshTarget[] = [
  { name: 'web1', address: '10.0.0.1', port: 22, account: 'tidegate' },
  { name: 'web2', address: '10.0.0.2', port: 2222, account: 'tidegate' },
  { name: 'db.example.org', address: 'db.example.org', port: 22, account: 'tidegate' },
  { name: `${'a'.repeat(60)}.example.org`, address: '::1', port: 22, account: 'tidegate' },
];

/** The files that say which host keys are trusted. */
export const knownHosts: readonly Target[] = [
  {
    name: 'known-hosts',
    input: texts(samples, { hard }),
    open: (folder) => async (input) => {
      const path = written(folder, 'known_hosts', input);
      const known = new KnownHosts([path]);
      const text = Buffer.from(input).toString();
      for (const host of hosts) {
        const pins = await known.pins(host);
        const { kind } = pins.verdict(key);
        mustHold(kind !== 'trusted' || text.includes(keyText), 'only a key that is written is trusted');
      }
    },
  },
  {
    name: 'known-hosts-add',
    oneIn: 10,
    input: texts(samples),
    open: (folder) => async (input) => {
      const path = written(folder, 'known_hosts', input);
      const [host] = hosts;
      await addKnownHost(path, host!, key, 'by\nanna');
      const known = new KnownHosts([path]);
      const verdict = await known.pins(host!).then((pins) => pins.verdict(key), named);
      mustHold(
        verdict instanceof TidegateError || verdict.kind === 'trusted',
        `what was accepted is trusted, not ${'kind' in verdict ? verdict.kind : verdict}`,
      );
    },
  },
];

/** A line that revokes and cannot be read is still refused. */
function named(error: unknown): TidegateError {
  if (error instanceof TidegateError) return error;
  throw error;
}
