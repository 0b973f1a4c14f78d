import { nouns, verbs } from '../../clients/commands/index';

const all = [
  ...verbs.map((verb) => ({ path: verb.name, verb })),
  ...nouns.flatMap((noun) => noun.verbs.map((verb) => ({ path: `${noun.name} ${verb.name}`, verb }))),
  ...nouns.flatMap(({ name, own }) => (own ? [{ path: name, verb: own }] : [])),
];

// A verb that changes something and is in neither list has not been thought about: docs/trust.md has the reasons.
test('each verb that changes something takes a signature, or is known to need none', () => {
  const changing = all.filter(({ verb }) => verb.changes || verb.recorded);
  const paths = (signed: boolean) =>
    changing.filter(({ verb }) => (verb.signed ?? false) === signed).map(({ path }) => path);
  expect(paths(true)).toEqual([
    'build',
    'push',
    'pull',
    'release',
    'hosts clear',
    'hostkeys accept',
    'artifacts import',
    'rollout start',
    'rollout resume',
    'rollout approve',
    'rollout rollback',
    'rollout retry',
    'run go-on',
    'run',
  ]);
  expect(paths(false).filter((path) => !path.startsWith('lab '))).toEqual([
    'restore',
    'hosts hold',
    'hosts unhold',
    'rollout pause',
    'rollout abort',
    'run stop',
  ]);
});

test('no verb is signed that changes nothing', () => {
  expect(all.filter(({ verb }) => verb.signed && !verb.changes && !verb.recorded)).toEqual([]);
});
