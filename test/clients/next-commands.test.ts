import { helpGroups, nouns, verbs } from '../../clients/commands/index';
import { catalogue } from '../../model/errors';

const known = new Set([
  'help',
  ...verbs.map(({ name }) => name),
  ...nouns.flatMap((noun) => noun.verbs.map((verb) => `${noun.name} ${verb.name}`)),
]);

test('every command that an error tells people to type is there', () => {
  const named = Object.entries(catalogue).flatMap(([code, { next }]) =>
    [...next.matchAll(/\btidegate ([a-z]+)(?: ([a-z]+))?/g)].map(([, noun, verb]) => ({
      code,
      command: known.has(noun!) ? noun! : `${noun} ${verb}`,
    })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ command }) => !known.has(command))).toEqual([]);
});

test('every example is a command line that is there', () => {
  for (const noun of nouns)
    for (const verb of noun.verbs)
      for (const [line] of verb.examples) expect(line).toContain(`tidegate ${noun.name} ${verb.name}`);
});

test('tidegate --help lists every noun and every verb without one, once', () => {
  const listed = helpGroups.flatMap(([, names]) => names);
  expect([...listed].sort()).toEqual([...verbs, ...nouns].map(({ name }) => name).sort());
});
