import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { breakHost, mendHost } from '../../lab/break';
import { BuildLab } from '../support/build-lab';
import { CommandLine } from '../support/command-line';
import { asRoot } from '../support/lab';
import { expectNamedError, type NamedError } from '../support/named-error';
import { makeKey, makeRpm, signInPlace, type TestKey, type TestPackage } from '../support/packages';

/**
 * Issue 3, "Bad input and trouble", behind bad files (test/clients/bad-file.test.ts): each ends with a named error, its
 * hosts and the next command, and changes no host.
 */
let lab: BuildLab;
let line: CommandLine;
let vendor: TestKey;
/** A newer unzip than the hosts have, in the store; what it would be taken back to is not. */
let newer: string;
let before: string[];

beforeAll(async () => {
  lab = await BuildLab.start({ hosts: 4, domains: 2 });
  line = new CommandLine(lab.home.folder);
  vendor = await makeKey('another vendor');
  const whole = readFileSync(lab.home.fleetFile, 'utf8');
  writeFileSync(lab.home.fleetFile, whole.replace('trustedKeys: [', `trustedKeys: [${vendor.publicFile}, `));
  newer = await unzip('6.1');
  before = await hostsNow();
});

afterAll(async () => {
  await vendor.remove();
  await lab.stop();
});

afterEach(async () => {
  expect(await hostsNow()).toEqual(before);
});

describe('a selector that matches nothing', () => {
  test('in a plan', async () => {
    await expectPlanError(
      { hosts: 'role=wbe' },
      { code: 'TG_SELECTOR_EMPTY', exit: 2, detail: 'no host has role=wbe' },
    );
  });

  test('on the command line', async () => {
    await expectError(['hosts', 'check', 'role=wbe'], {
      code: 'TG_SELECTOR_EMPTY',
      exit: 2,
      detail: 'no host has role=wbe',
    });
  });
});

describe('a recipe', () => {
  test('whose source has another checksum than the pinned one', async () => {
    const recipe = await lab.recipe({});
    appendFileSync(join(recipe, '../probe-1.0.tar'), 'x');
    await expectError(['build', recipe, '--yes'], {
      code: 'TG_CHECKSUM_MISMATCH',
      exit: 1,
      detail: 'probe-1.0.tar',
      next: 'tidegate build --pin',
    });
  });

  test('whose patch does not apply', async () => {
    const patch = '--- a/text\n+++ b/text\n@@ -1,3 +1,3 @@\n one\n-zwei\n+two\n three\n';
    await expectError(
      ['build', await lab.recipe({ patches: ['bad.patch'] }, { 'bad.patch': patch }), '--yes'],
      {
        code: 'TG_PATCH_FAILED',
        exit: 1,
        detail: 'bad.patch, in text: 1 out of 1 hunk FAILED',
        hosts: ['ctl1'],
      },
    );
  });

  test('whose spec builds nothing', async () => {
    const spec = 'Name: probe\nVersion: 1.0\nRelease: 1\nSummary: x\nLicense: x\n%description\nx\n';
    const change = { spec: 'empty.spec', install: undefined, files: undefined };
    await expectError(['build', await lab.recipe(change, { 'empty.spec': spec }), '--yes'], {
      code: 'TG_BUILD_EMPTY',
      exit: 1,
      detail: 'made no package',
      hosts: ['ctl1'],
      next: '%files',
    });
  });
});

describe('a package', () => {
  test('without a signature', async () => {
    const path = await makeRpm(lab.folder, { name: 'probe', version: '3' });
    await expectError(['artifacts', 'import', path, '--yes'], {
      code: 'TG_RPM_UNSIGNED',
      exit: 1,
      detail: 'probe-3-1.noarch.rpm',
    });
  });

  test('signed by a stranger', async () => {
    const stranger = await makeKey('stranger');
    try {
      const path = await signInPlace(await makeRpm(lab.folder, { name: 'probe', version: '4' }), stranger);
      await expectError(['artifacts', 'import', path, '--yes'], {
        code: 'TG_RPM_FOREIGN_SIGNED',
        exit: 1,
        detail: 'probe-4-1.noarch.rpm',
        next: 'trustedKeys in fleet.yaml',
      });
    } finally {
      await stranger.remove();
    }
  });

  test('for another platform, at its import', async () => {
    await expectError(['artifacts', 'import', await vendorRpm({ arch: 's390x' }), '--yes'], {
      code: 'TG_PLATFORM_WRONG',
      exit: 1,
      detail: 's390x',
    });
  });

  test('for another platform than that of the hosts of the plan', async () => {
    const whole = readFileSync(lab.home.fleetFile, 'utf8');
    try {
      const other = (name: string) => (text: string) =>
        text.replace(new RegExp(`(${name}: \\{ )`), '$1platform: sles15-s390x, ');
      writeFileSync(lab.home.fleetFile, other('web002')(other('web003')(whole)));
      await expectPlanError(
        { artifact: newer },
        { code: 'TG_PLATFORM_WRONG', exit: 1, detail: 'not for sles15-s390x', hosts: ['web002', 'web003'] },
      );
    } finally {
      writeFileSync(lab.home.fleetFile, whole);
    }
  });

  test('older than what hosts have, which nobody asked for', async () => {
    await expectPlanError(
      { artifact: await unzip('5.9') },
      {
        code: 'TG_DOWNGRADE',
        exit: 1,
        detail: '5.9-1',
        hosts: ['web001', 'web002', 'web003', 'web004'],
        next: 'downgrade: true',
      },
    );
  });

  test('whose undo set is not in the store, unless the plan does without', async () => {
    await expectPlanError(
      { artifact: newer },
      {
        code: 'TG_UNDO_MISSING',
        exit: 1,
        detail: 'unzip-6.0-28.x86_64 (4 hosts)',
        hosts: ['web001', 'web002', 'web003', 'web004'],
        next: 'tidegate artifacts import FILE',
      },
    );
    plan({ artifact: newer, rollback: 'none' });
    expect(await line.run('rollout', 'plan', 'plan.yaml')).toMatchObject({
      code: 0,
      out: expect.stringContaining('undo: none, by the plan'),
    });
  });
});

test('a changed host key fails that host, at once and without another try', async () => {
  await breakHost(lab.lab, 'web002', 'changed-key');
  try {
    // A connection that was made under the old key is the same host still, and would be used for another minute.
    await lab.killWorker();
    await lab.work();
    plan({ artifact: newer, hosts: 'web002', rollback: 'none', budget: { whenSpent: 'abort' } });
    await line.run('rollout', 'plan', 'plan.yaml');
    expect((await line.run('rollout', 'start', 'plan.yaml', '--yes')).code).toBe(3);
    const events = (await line.run('rollout', 'events', '-o', 'json')).out.trim().split('\n');
    const ofHost = events.map((event) => JSON.parse(event)).filter(({ host }) => host === 'web002');
    expect(ofHost).toMatchObject([
      { kind: 'state', state: 'failed', code: 'TG_HOST_KEY_CHANGED', failure: true, attempt: 1 },
    ]);
    const { out } = await line.run('rollout', 'status');
    expect(out).toMatch(/FAILED +web002\n +TG_HOST_KEY_CHANGED: web002 .*\n/);
    expect(out).toContain('tidegate hostkeys accept web002 --fingerprint SHA256:');
  } finally {
    await mendHost(lab.lab, 'web002');
  }
});

test('a second rollout of the same package names the one that is under way', async () => {
  // The first one waits for its window, which is half a day away, so that nothing begins on any host.
  const hour = (hoursAhead: number) =>
    `${new Date(Date.now() + hoursAhead * 3_600_000).toISOString().slice(11, 13)}:00`;
  const window = { from: hour(11), to: hour(13) };
  plan({ artifact: newer, rollback: 'none', window });
  await line.run('rollout', 'plan', 'plan.yaml');
  const started = await line.run('rollout', 'start', 'plan.yaml', '--yes', '--detach', '-o', 'json');
  const { rollout } = JSON.parse(started.out);
  try {
    await expectError(['rollout', 'start', 'plan.yaml', '--yes'], {
      code: 'TG_ROLLOUT_RUNNING',
      exit: 1,
      detail: `unzip is being rolled out in ${lab.lab.name} already, by ${rollout.slice(0, 10)}`,
      next: `tidegate rollout watch ${rollout.slice(0, 10)}`,
    });
  } finally {
    await line.run('rollout', 'abort', rollout, '--yes');
    expect((await line.run('rollout', 'watch', rollout)).code).toBe(3);
  }
});

test('without a worker whoever needs one is told so, and what starts it', async () => {
  await lab.killWorker();
  try {
    plan({ artifact: '6.0-28' });
    const recipe = await lab.recipe({});
    for (const words of [
      ['hosts', 'check'],
      ['rollout', 'plan', 'plan.yaml'],
      ['build', recipe, '--yes'],
      ['artifacts', 'import', join(lab.lab.vendorPackages, 'unzip-6.0-28.x86_64.rpm'), '--yes'],
      ['hostkeys', 'accept', 'web001', '--fingerprint', `SHA256:${'A'.repeat(43)}`, '--reason', 'x', '--yes'],
    ])
      await expectError(words, {
        code: 'TG_WORKER_MISSING',
        exit: 4,
        detail: lab.home.folder,
        next: 'in another terminal: tidegate up',
      });
  } finally {
    await lab.work();
  }
});

async function expectError(words: readonly string[], expected: NamedError): Promise<void> {
  expectNamedError(await line.run(...words, '-o', 'json'), expected);
}

async function expectPlanError(given: object, expected: NamedError): Promise<void> {
  plan(given);
  await expectError(['rollout', 'plan', 'plan.yaml'], expected);
}

function plan(given: object): void {
  const text = JSON.stringify({ package: 'unzip', hosts: 'role=web', soak: 0, ...given });
  writeFileSync(join(lab.home.folder, 'plan.yaml'), text);
}

/** An artifact of the vendor's, which nothing but its version tells from the others. @returns what a plan calls it */
async function unzip(version: string): Promise<string> {
  const { code, err } = await line.run('artifacts', 'import', await vendorRpm({ version }), '--yes');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return `${version}-1`;
}

async function vendorRpm(given: Partial<TestPackage>): Promise<string> {
  const rpm = await makeRpm(lab.folder, { name: 'unzip', version: '6.9', arch: 'x86_64', ...given });
  return signInPlace(rpm, vendor);
}

/** Packages, every transaction that rpm was asked for, and our own state, as each host itself says. */
async function hostsNow(): Promise<string[]> {
  const look = `rpm -qa --qf '%{NEVRA} %{SHA256HEADER} %{INSTALLTIME}\\n' | sort
    grep -v -e --test /var/log/rpm-calls.log
    find /var/lib/tidegate -type f -exec sha256sum {} + 2>/dev/null`;
  const names = lab.lab.hosts.map(({ name }) => name);
  return Promise.all(names.map(async (name) => (await asRoot(lab.lab, name, look)).stdout));
}
