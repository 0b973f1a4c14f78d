import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { labDown } from '../../lab/down';
import { labExists } from '../../lab/lab';
import { labStatus } from '../../lab/status';
import { cli } from '../clients/support/home';

const name = `test-${process.pid}-cli`;
/** The golden image may have to be made first. */
const firstUpLimitMs = 600_000;
afterAll(async () => {
  if (labExists(name)) await labDown(name);
});

function tidegate(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'lab', ...words, '--name', name], {
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

test(
  'a lab comes up, says how it is used, is broken, seen, mended and taken down from the command line',
  () => {
    const up = tidegate('up', '--hosts', '3', '--domains', '2');
    expect(up).toMatchObject({ code: 0 });
    expect(up.out).toContain('up: ctl1,web[001-003]');
    expect(up.out).toContain(`export TIDEGATE_HOME=${labStatus(name).lab.home}`);

    expect(tidegate('break', 'web[001-002]', 'planted')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Next: tidegate lab mend web[001-002] --name ${name}\n`),
    });
    const { hosts } = JSON.parse(tidegate('status', '-o', 'json').out);
    expect(hosts.map((host: { faults: string[] }) => host.faults)).toEqual([
      [],
      ['planted'],
      ['planted'],
      [],
    ]);
    expect(tidegate('status').out).toContain('4 of 4 up');

    expect(tidegate('mend').out).toBe('mended: web[001-002]\n');
    expect(tidegate('mend').out).toBe('nothing was broken\n');
    expect(tidegate('down')).toMatchObject({ code: 2, err: expect.stringContaining('4 hosts and its home') });
    expect(tidegate('down', '--yes')).toMatchObject({ code: 0 });
    expect(labExists(name)).toBe(false);
  },
  firstUpLimitMs,
);

test(
  'Ctrl-C while it comes up leaves what is there, and says what takes it down',
  async () => {
    const up = spawn(process.execPath, [cli, 'lab', 'up', '--hosts', '60', '--name', name]);
    let err = '';
    up.stderr.once('data', () => up.kill('SIGINT'));
    up.stderr.on('data', (chunk: Buffer) => {
      err += chunk;
    });
    const [code] = await once(up, 'close');
    expect({ code, err }).toEqual({
      code: 130,
      err: expect.stringContaining(`tidegate lab down --name ${name}\n`),
    });
    expect(tidegate('down', '--yes')).toMatchObject({ code: 0 });
  },
  firstUpLimitMs,
);

test('what is not there, or not the lab’s, ends with a named error and breaks nothing', () => {
  expect(tidegate('status')).toMatchObject({ code: 2, err: expect.stringContaining('TG_LAB_MISSING') });
  expect(tidegate('down')).toMatchObject({ code: 2, err: expect.stringContaining('TG_LAB_MISSING') });
  expect(tidegate('up', '--hosts', '64001')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/TG_LAB_NEEDS .*64001 hosts.*\nnext: --hosts \d+ at most\n/),
  });
  expect(tidegate('break').out).toContain('rpm-lock');
  expect(tidegate('break', 'web001')).toMatchObject({ code: 2, err: expect.stringContaining('TG_USAGE') });
  expect(tidegate('up', '--hosts', '0')).toMatchObject({ code: 2, err: expect.stringContaining('TG_USAGE') });
});
