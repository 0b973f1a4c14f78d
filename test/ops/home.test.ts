import { script } from '../../ops/script';
import { Sandbox } from '../support/sandbox';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.start();
});

afterAll(() => sandbox.stop());

/** Makes the state directory anew and runs shell in it. */
const made = (shell: string) =>
  sandbox.run(`rm -rf /var/lib/tidegate; mkdir -m 700 /var/lib/tidegate; cd /var/lib/tidegate && ${shell}`);
const begin = () => sandbox.operate('BEGIN', 'a1', "before 'true'\n");
const planted = { refused: { code: 'TG_HOST_STATE_PLANTED' } };

test('a state directory that somebody else planted is not used', () => {
  sandbox.run(
    'rm -rf /var/lib/tidegate; mkdir -p /var/tmp/trap/operations /var/tmp/trap/stage; ln -s /var/tmp/trap /var/lib/tidegate',
  );
  expect(begin()).toMatchObject(planted);
  sandbox.run(
    'rm /var/lib/tidegate; mkdir -p /var/lib/tidegate/operations /var/lib/tidegate/stage; chown -R nobody /var/lib/tidegate',
  );
  expect(begin()).toMatchObject(planted);
});

test.each(['true', 'mkdir -m 700 operations'])(
  'a state directory whose making was cut short is taken up: %s',
  (reached) => {
    made(reached);
    const examine = script('home.sh') + script('packages.sh') + script('examine.sh');
    expect(sandbox.run(examine, '', ['tgtest', 'none']).out).toMatch(/^head none\n/);
    expect(begin()).toMatchObject({ state: 'done' });
  },
);

test.each([
  'chown nobody .',
  'chmod 755 .',
  'echo a0 >head',
  'mkdir -p -m 700 operations/a0',
  'mkdir -m 755 operations',
  'mkdir -m 700 stage',
])('one that is not ours, or has lost what was in it, is not: %s', (otherwise) => {
  made(otherwise);
  expect(begin()).toMatchObject(planted);
});
