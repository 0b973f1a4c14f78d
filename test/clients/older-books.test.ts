import { saidBy, savedBooks } from '../support/books';

// What a release wrote is read by every later one, which may say more of it, and nothing else (docs/workflows.md).
test.each(savedBooks('0.1'))('the books of 0.1 say what they said then: $name', async ({ home, said }) => {
  expect(await saidBy(home)).toMatchObject(said);
});

test('there are books of releases, rollouts and artifacts', () => {
  const books = savedBooks('0.1').map(({ said }) => said);
  for (const kind of ['rollouts', 'artifacts'] as const)
    expect(books.flatMap((said) => Object.keys(said[kind])).length).toBeGreaterThan(0);
});
