import { nouns, verbs } from '../../clients/commands/index';
import type { Answer } from './command-line';

/** What a command line that is given `-o json` must say. */
export interface NamedError {
  readonly code: string;
  readonly exit: number;
  /** A part of it. */
  readonly detail: string;
  readonly hosts?: readonly string[];
  /** A part of it. */
  readonly next?: string;
}

/** As programs read it: people read the same (test/clients/view/error.test.ts). Every command that it names is there. */
export function expectNamedError({ code, out, err }: Answer, expected: NamedError): void {
  expect({ code, out }).toEqual({ code: expected.exit, out: '' });
  const { error } = JSON.parse(err.trim().split('\n').at(-1) ?? '');
  expect(error).toMatchObject({
    code: expected.code,
    detail: expect.stringContaining(expected.detail),
    hosts: expected.hosts ?? [],
    next: expect.stringContaining(expected.next ?? ''),
  });
  expect(error.next).not.toBe('');
  for (const [, noun, verb] of error.next.matchAll(/\btidegate ([a-z]+)(?: ([a-z]+))?/g))
    expect([...commands]).toContain(commands.has(noun) ? noun : `${noun} ${verb}`);
}

const commands = new Set([
  ...verbs.map(({ name }) => name),
  ...nouns.flatMap((noun) => noun.verbs.map((verb) => `${noun.name} ${verb.name}`)),
]);
