import { connect } from 'node:net';
import { initOf } from '../../lab/boot';
import { breakHost, faults, faultsOf, mendHost } from '../../lab/break';
import { labDown } from '../../lab/down';
import { hostOf, type Lab } from '../../lab/lab';
import { labStatus } from '../../lab/status';
import { asRoot, rpmCalls, sharedLab } from '../support/lab';

let lab: Lab;
beforeAll(async () => {
  lab = await sharedLab({ hosts: 3, domains: 1 });
}, 600_000);
afterAll(() => labDown(lab.name));
afterEach(async () => {
  await mendHost(lab, 'web001');
  expect(faultsOf(lab, 'web001')).toEqual([]);
  expect((await asRoot(lab, 'web001', 'hostname')).stdout).toBe('web001\n');
});

const ask = async (command: string) => (await asRoot(lab, 'web001', command)).stdout.trim();

/** What a client of the host's port gets within `limitMs`, and how it ended. */
function listen(
  limitMs: number,
): Promise<{ text: string; ended: 'closed' | 'reset' | 'refused' | 'silent' }> {
  const { address, port } = hostOf(lab, 'web001');
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, address);
    const end = (ended: 'closed' | 'reset' | 'refused' | 'silent') => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, ended });
    };
    const timer = setTimeout(() => end('silent'), limitMs);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (text.length > 1_000_000) end('silent');
    });
    socket.on('end', () => end('closed'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'),
    );
  });
}

test('planted: a check can find it, and no longer after mending', async () => {
  await breakHost(lab, 'web001', 'planted');
  expect((await asRoot(lab, 'web001', 'test ! -e /etc/tidegate-lab-fault')).code).toBe(1);
  await mendHost(lab, 'web001', 'planted');
  expect((await asRoot(lab, 'web001', 'test ! -e /etc/tidegate-lab-fault')).code).toBe(0);
});

test('stopped: connections are refused', async () => {
  await breakHost(lab, 'web001', 'stopped');
  expect((await listen(2_000)).ended).toBe('refused');
  expect(labStatus(lab.name).hosts.find(({ name }) => name === 'web001')?.state).toBe('silent');
});

test('hang: connections open, and nothing answers', async () => {
  await breakHost(lab, 'web001', 'hang');
  expect(await listen(500)).toEqual({ text: '', ended: 'silent' });
});

test('changed-key: OpenSSH refuses the host', async () => {
  await breakHost(lab, 'web001', 'changed-key');
  const { code, stderr } = await asRoot(lab, 'web001', 'true');
  expect(code).toBe(255);
  expect(stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
});

test('rpm-lock: rpm cannot begin a transaction, and can again after mending', async () => {
  await breakHost(lab, 'web001', 'rpm-lock');
  const { code, stderr } = await asRoot(lab, 'web001', 'rpm -e unzip </dev/null');
  expect(code).not.toBe(0);
  expect(stderr).toContain('transaction lock');
  await mendHost(lab, 'web001');
  expect((await asRoot(lab, 'web001', 'rpm -e --test unzip </dev/null')).code).toBe(0);
});

test('full-disk: writing fails, reading does not, and df says full', async () => {
  await breakHost(lab, 'web001', 'full-disk');
  expect((await asRoot(lab, 'web001', 'cp /bin/true /var/tmp/x')).stderr).toContain('No space left');
  expect(await ask('df --output=pcent /var | tail -n 1; rpm -q unzip')).toBe('100%\nunzip-6.0-28.x86_64');
  await mendHost(lab, 'web001');
  expect(await ask('echo x >/var/tmp/x && rpm -V unzip && echo whole')).toBe('whole');
});

test('full-disk: what needs no room happens, and is not undone by mending', async () => {
  await ask('mkdir -p /var/tmp/full/kept && echo x >/var/tmp/full/gone && echo x >/var/tmp/full/kept/file');
  await breakHost(lab, 'web001', 'full-disk');
  const change =
    'cd /var/tmp/full && rm gone && mkdir .new && : >.new/void && mv .new made && rm -r kept; ls -A . made';
  const changed = '.:\nmade\n\nmade:\nvoid';
  expect(await ask(change)).toBe(changed);
  await mendHost(lab, 'web001');
  expect(await ask('cd /var/tmp/full && ls -A . made; rm -r /var/tmp/full')).toBe(changed);
});

test('full-disk: a lock that is held when it begins is seen to be held', async () => {
  await ask(
    '(exec 9>/var/tmp/lock && flock 9 && exec setsid sleep 999 </dev/null >/dev/null 2>&1) & sleep 0.2',
  );
  await breakHost(lab, 'web001', 'full-disk');
  expect((await asRoot(lab, 'web001', 'flock -n -s /var/tmp/lock true')).code).toBe(1);
  await ask('pkill -KILL -f "[s]leep 999"');
  expect((await asRoot(lab, 'web001', 'flock -n -s /var/tmp/lock true')).code).toBe(0);
});

test('on a full /var rpm removes the files, records nothing and says 0: why exit codes are not believed', async () => {
  await breakHost(lab, 'web002', 'full-disk');
  const { code, stdout, stderr } = await asRoot(
    lab,
    'web002',
    'rpm -e unzip && rpm -q unzip; ls /usr/bin/unzip',
  );
  expect({ code, stdout }).toEqual({ code: 2, stdout: 'unzip-6.0-28.x86_64\n' });
  expect(stderr).toContain('readonly database');
  expect((await rpmCalls(lab, 'web002')).map(({ code: exit }) => exit)).toEqual([0]);
  await mendHost(lab, 'web002');
});

test('full-disk takes the folder that is full', async () => {
  await breakHost(lab, 'web001', 'full-disk', { path: '/usr' });
  expect(await ask('echo x >/var/tmp/x && echo fine; echo x >/usr/x || echo full')).toBe('fine\nfull');
});

test('reboot: another boot ID and init, no process or /run left, files kept', async () => {
  const before = initOf(lab, hostOf(lab, 'web001'));
  await ask('touch /etc/kept /run/lost /tmp/lost; setsid sleep 1000 >/dev/null 2>&1 </dev/null &');
  const boot = await ask('cat /proc/sys/kernel/random/boot_id');
  await breakHost(lab, 'web001', 'reboot');
  expect(initOf(lab, hostOf(lab, 'web001'))).not.toBe(before);
  expect(await ask('ls /etc/kept /run/lost /tmp/lost 2>/dev/null; pgrep -fc "[s]leep 1000"')).toBe(
    '/etc/kept\n0',
  );
  expect(await ask('cat /proc/sys/kernel/random/boot_id')).not.toBe(boot);
});

test('a reboot mends what lived in processes and mounts, and nothing else', async () => {
  await breakHost(lab, 'web001', 'planted');
  await breakHost(lab, 'web001', 'rpm-lock');
  await breakHost(lab, 'web001', 'full-disk');
  await breakHost(lab, 'web001', 'reboot');
  expect(faultsOf(lab, 'web001')).toEqual(['planted']);
  expect(await ask('rpm -e --test unzip </dev/null && echo x >/var/tmp/x && echo free')).toBe('free');
});

test('off: no process is left, and mending boots', async () => {
  await breakHost(lab, 'web001', 'off');
  expect(labStatus(lab.name).hosts.find(({ name }) => name === 'web001')?.state).toBe('down');
  await expect(breakHost(lab, 'web001', 'planted')).rejects.toMatchObject({ code: 'TG_LAB_FAULT' });
});

test('tarpit: lines come, slowly, and none is the banner', async () => {
  await breakHost(lab, 'web001', 'tarpit');
  const { text, ended } = await listen(2_500);
  expect(ended).toBe('silent');
  expect(text.split('\r\n').length).toBeLessThan(5);
  expect(text).toContain('not the banner');
});

test('flood: a banner without end', async () => {
  await breakHost(lab, 'web001', 'flood');
  expect((await listen(20_000)).text.length).toBeGreaterThan(1_000_000);
});

test('drop: exactly so many bytes pass, then the connection is reset', async () => {
  await breakHost(lab, 'web001', 'drop', { afterBytes: 7 });
  expect(await listen(5_000)).toEqual({ text: 'SSH-2.0', ended: 'reset' });
});

test('stall: exactly so many bytes pass, then silence', async () => {
  await breakHost(lab, 'web001', 'stall', { afterBytes: 7 });
  expect(await listen(1_000)).toEqual({ text: 'SSH-2.0', ended: 'silent' });
});

test('drop: a command that has begun is cut off in the middle', async () => {
  await breakHost(lab, 'web001', 'drop', { afterBytes: 200_000 });
  const { code, stdout } = await asRoot(lab, 'web001', 'seq 1000000; touch /var/tmp/to-the-end');
  expect(code).toBe(255);
  expect(stdout.startsWith('1\n2\n')).toBe(true);
});

test('a relay stays over a reboot', async () => {
  await breakHost(lab, 'web001', 'drop', { afterBytes: 7 });
  await breakHost(lab, 'web001', 'reboot');
  expect(faultsOf(lab, 'web001')).toEqual(['drop']);
  expect((await listen(5_000)).text).toBe('SSH-2.0');
});

test("a host that is not the lab's, a fault that there is not, and a second relay are refused", async () => {
  await expect(breakHost(lab, 'db1', 'planted')).rejects.toMatchObject({ code: 'TG_LAB_HOST' });
  await expect(breakHost(lab, '127.0.0.1', 'off')).rejects.toMatchObject({ code: 'TG_LAB_HOST' });
  await expect(breakHost(lab, 'web001', 'gremlins')).rejects.toMatchObject({ code: 'TG_LAB_FAULT' });
  await expect(breakHost(lab, 'web001', 'planted', { path: '/x' })).rejects.toMatchObject({
    code: 'TG_LAB_FAULT',
  });
  await breakHost(lab, 'web001', 'tarpit');
  await expect(breakHost(lab, 'web001', 'flood')).rejects.toMatchObject({ code: 'TG_LAB_FAULT' });
});

test('every fault says in a line what it does', () => {
  expect(faults.every(({ summary }) => summary.length > 10 && summary.length < 70)).toBe(true);
});
