import { withHome } from '../../clients/view/commands';

test('without --home a command stands as it is', () => {
  expect(withHome('Next: tidegate hosts check', undefined)).toBe('Next: tidegate hosts check');
});

test('with --home each command is for the same home, once', () => {
  const text =
    'No worker runs.   In another terminal: tidegate up\nNext: tidegate rollout watch r-1\n      tidegate run go-on';
  expect(withHome(text, '/srv/a')).toBe(
    'No worker runs.   In another terminal: tidegate --home /srv/a up\nNext: tidegate --home /srv/a rollout watch r-1\n      tidegate --home /srv/a run go-on',
  );
  expect(withHome('tidegate up --home /srv/a   (in a terminal)', '/srv/a')).toBe(
    'tidegate up --home /srv/a   (in a terminal)',
  );
});

test('a folder is one word to a shell, whatever its name', () => {
  expect(withHome('tidegate doctor', "it's $& here")).toBe(
    String.raw`tidegate --home 'it'\''s $& here' doctor`,
  );
});

test('what is no command is left alone', () => {
  const text = 'tidegate-lab-base on tidegate.example, made by tidegate 1.0';
  expect(withHome(text, '/srv/a')).toBe(text);
});
