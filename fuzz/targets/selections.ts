import { readJobFile } from '../../clients/commands/run/options';
import type { Host } from '../../model/fleet';
import { expand, fold } from '../../model/nodeset';
import { select } from '../../model/selector';
import { texts } from '../input';
import * as hard from '../samples/hard';
import { mustHold, type Target } from '../target';
import { written } from './documents';

const hosts: readonly Host[] = Array.from({ length: 300 }, (_, index) => ({
  name: `web${String(index).padStart(3, '0')}`,
  address: `10.0.0.${index % 256}`,
  port: 22,
  account: 'tidegate',
  platform: index % 2 === 0 ? 'debian12-x86_64' : 'rhel9-x86_64',
  domain: `rack${index % 7}`,
  labels: { rack: `r${index % 7}`, os: 'Debian 12', note: 'a'.repeat(40), 'group.web': 'yes' },
}));

const sets = [
  'web[001-180,185],app113',
  'rack[1-2]-node[0-9/3]',
  '10.0.0.[1-9]',
  'web001.dc2 web002.dc2',
  'a',
];
const selectors = [
  'all',
  'web[001-180] & !web00*',
  'rack=r[1-3] , os="Debian 12" & !(@web | domain=rack?)',
  '@web & platform=*x86_64',
  "note=aaa*aaa*aaa & !name='web001'",
  '!@canary',
];
const jobs = [
  '# hosts\nweb001\nweb[002-010]\n\ncommand: yum -y update openssl && reboot\n',
  'web001\ncommand:   id\n',
];

/** To fold a million names takes a second. */
const mostFolded = 20_000;

/** How people name hosts: node sets, selectors, and the file of `tidegate run --file`. */
export const selections: readonly Target[] = [
  {
    name: 'nodeset',
    input: texts(sets, { hard: hard.selector }),
    open: () => (input) => {
      const names = expand(Buffer.from(input).toString());
      if (names.length > mostFolded) return;
      const again = new Set(expand(fold(names)));
      mustHold(again.size === names.length && names.every((name) => again.has(name)), 'folds and expands');
    },
  },
  {
    name: 'selector',
    input: texts(selectors, { hard: hard.selector }),
    open: () => (input) => mustBeSome(Buffer.from(input).toString()),
  },
  {
    name: 'job-file',
    input: texts(jobs, { hard: hard.selector }),
    open: (folder) => async (input) => {
      const { selector, command } = await readJobFile(written(folder, 'job', input));
      mustHold(command === undefined || !command.includes('\n'), 'a command is one line');
      mustBeSome(selector);
    },
  },
];

function mustBeSome(selector: string): void {
  const chosen = select(selector, hosts, { groups: (name) => (name === 'canary' ? ['web007'] : undefined) });
  mustHold(chosen.length > 0, 'a selection is never empty');
  mustHold(
    chosen.every((host, index) => index === 0 || chosen[index - 1]!.name < host.name),
    'the order is that of the fleet',
  );
}
