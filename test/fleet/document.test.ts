import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { z } from 'zod';
import { loadDocument, parseDocument } from '../../fleet/document';
import { TidegateError } from '../../model/errors';
import { planSchema } from '../../model/plan';

const schema = z.strictObject({
  package: z.string(),
  waves: z.array(z.number().min(1)).default([1]),
  mode: z.enum(['pause', 'abort']).default('pause'),
  caps: z.strictObject({ perDomain: z.number().optional(), total: z.number().optional() }).optional(),
  hosts: z
    .record(
      z.string().regex(/^[a-z0-9]+$/, 'a name'),
      z.strictObject({ labels: z.record(z.string(), z.string()) }).nullable(),
    )
    .optional(),
});

test('gives what the schema makes of the file, merge keys included', () => {
  expect(parse('caps: { total: 3 }\npackage: unzip\n')).toEqual({
    package: 'unzip',
    waves: [1],
    mode: 'pause',
    caps: { total: 3 },
  });
  expect(
    parse('package: a\nhosts:\n  a: { labels: &l { env: prod } }\n  b: { labels: { <<: *l, app: web } }\n')
      .hosts?.b,
  ).toEqual({
    labels: { env: 'prod', app: 'web' },
  });
});

test.each([
  [
    'an unknown key, with the near one',
    'package: a\ncaps:\n  perDomian: 1\n',
    ['f.yaml:3:3  caps.perDomian: is not a key here; did you mean perDomain?'],
  ],
  [
    'an unknown key far from any, with all there are',
    'package: a\ncaps: {x: 1}\n',
    ['f.yaml:2:8  caps.x: is not a key here; there are perDomain, total'],
  ],
  ['a key that is missing', 'mode: pause\n', ['f.yaml:1:1  package: is missing; expected text']],
  [
    'a missing key at its parent',
    'package: a\nhosts:\n  web1: {}\n',
    ['f.yaml:3:3  hosts.web1.labels: is missing; expected keys and values'],
  ],
  [
    'a value of the wrong kind, in quotes it would do',
    'package: 12\n',
    ['f.yaml:1:10  package: expected text, found 12; write it in quotes: "12"'],
  ],
  [
    'a value that is none of several',
    'package: a\nmode: aborted\n',
    ['f.yaml:2:7  mode: expected pause or abort, found "aborted"; did you mean abort?'],
  ],
  [
    'an entry of a list',
    'package: a\nwaves: [1, 0]\n',
    ['f.yaml:2:12  waves[1]: expected at least 1, found 0'],
  ],
  [
    'a key that is not a name',
    'package: a\nhosts: { "A b": }\n',
    ['f.yaml:2:11  hosts.A b: expected a name as a key'],
  ],
  [
    'a key written twice',
    'package: a\npackage: b\n',
    ['f.yaml:2:1  package: is written twice; first in line 1'],
  ],
  [
    'a tab for indentation',
    'package: a\ncaps:\n\ttotal: 1\n',
    ['f.yaml:3:1  tab characters must not be used in indentation'],
  ],
  ['a bracket left open', 'package: [a\nb: 1\n', ['f.yaml:2:1']],
  ['an empty file', '# nothing\n', ['f.yaml:1:1']],
  ['a list for a file', '- a\n', ['f.yaml:1:1  expected keys and values, found a list of 1']],
  [
    'all problems, in their order',
    'mode: x\nwaves: [0]\nzzz: 1\n',
    ['f.yaml:1:1  package', 'f.yaml:1:7  mode', 'f.yaml:2:9  waves[0]', 'f.yaml:3:1  zzz'],
  ],
  [
    'every duplicate',
    'package: a\nmode: pause\nmode: pause\ncaps: {total: 1, total: 2}\n',
    ['f.yaml:3:1  mode: is written', 'f.yaml:4:18  caps.total: is'],
  ],
])('reports %s', (_, text, expected) => {
  const lines = refusal(() => parse(text)).message.split('\n');
  expect(lines).toEqual(expected.map((line) => expect.stringContaining(line)));
});

test('reports what no branch of a union takes, by the branch that was meant', () => {
  const plan = (extra: string) =>
    refusal(() => parseDocument(`package: a\nhosts: all\n${extra}\n`, 'plan.yaml', planSchema)).message;
  expect(plan('waves: [1, half]')).toBe(
    'plan.yaml:3:12  waves[1]: expected a count, or a percentage such as 5%, found "half"',
  );
  expect(plan('checks: [{ service: sshd, tpc: 1 }]')).toBe(
    'plan.yaml:3:27  checks[0].tpc: is not a key here; did you mean tcp?',
  );
  expect(plan('soak: soon')).toBe(
    'plan.yaml:3:7  soak: expected a duration, such as 90s, 10m, 2h or 14d, found "soon"',
  );
  expect(plan('notify: all')).toBe('plan.yaml:3:9  notify: expected keys and values, found "all"');
});

test('says of a mistake made many times only the first twenty', () => {
  const text = `package: a\nhosts:\n${Array.from({ length: 30 }, (_, i) => `  h${i}: { label: {} }`).join('\n')}\n`;
  const lines = refusal(() => parse(text)).message.split('\n');
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('and 40 more');
});

test('names a file that is not there, is a folder, or is no text', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-document-'));
  try {
    await expect(loadDocument(join(folder, 'no.yaml'), schema)).rejects.toMatchObject({
      code: 'TG_FILE_MISSING',
    });
    await expect(loadDocument(folder, schema)).rejects.toMatchObject({ code: 'TG_FILE_INVALID' });
    await writeFile(join(folder, 'bytes'), Buffer.from([0xff, 0xfe, 0x41]));
    await expect(loadDocument(join(folder, 'bytes'), schema)).rejects.toThrow('is not text in UTF-8');
    await writeFile(join(folder, 'mark.yaml'), '\uFEFFpackage: a\r\nmode: abort\r\n');
    await expect(loadDocument(join(folder, 'mark.yaml'), schema)).resolves.toMatchObject({ mode: 'abort' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an unknown key is found where it stands, in any document', () => {
  const document = z.strictObject({
    package: z.string(),
    hosts: z.record(z.string(), z.strictObject({ port: z.number().optional() })),
  });
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.boolean(),
      (names, pick, flow) => {
        const hosts = Object.fromEntries(
          names.map((host, i) => [host, i === pick % names.length ? { prot: 1 } : {}]),
        );
        const text = dump({ package: 'a', hosts }, flow ? { flowBracketPadding: true } : {});
        const place = /^f\.yaml:(\d+):(\d+) {2}/.exec(
          refusal(() => parseDocument(text, 'f.yaml', document)).message,
        );
        const line = text.split('\n')[Number(place?.[1]) - 1] ?? '';
        expect(line.slice(Number(place?.[2]) - 1)).toMatch(/^prot: 1/);
      },
    ),
  );
});

function parse(text: string) {
  return parseDocument(text, 'f.yaml', schema);
}

function refusal(work: () => unknown): TidegateError {
  try {
    work();
  } catch (error) {
    if (error instanceof TidegateError && error.code === 'TG_FILE_INVALID') return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('aliases', () => {
  const refused = (text: string) => {
    try {
      return parseDocument(text, 'x.yaml', z.unknown());
    } catch (error) {
      return error instanceof TidegateError ? `${error.code} ${error.message}` : error;
    }
  };

  test('that stand in themselves are refused', () => {
    expect(refused('a: &a\n  b: *a\n')).toBe(
      'TG_FILE_INVALID x.yaml:1:1  an alias (*name) stands in what it names',
    );
  });

  test('of aliases are refused when they are a billion values written out, or too deep', () => {
    const laughs = ['a0: &a0 [x, x]'];
    for (let line = 1; line < 30; line += 1)
      laughs.push(`a${line}: &a${line} [*a${line - 1}, *a${line - 1}]`);
    expect(refused(laughs.join('\n'))).toMatch(/^TG_FILE_INVALID .* has \d{10} values/);
    const chain = ['a0: &a0 {}'];
    for (let line = 1; line < 5_000; line += 1) chain.push(`a${line}: &a${line} { x: *a${line - 1} }`);
    expect(refused(chain.join('\n'))).toMatch(/^TG_FILE_INVALID .* values, 5000 deep/);
  });

  test('that people write are read', () => {
    expect(refused('a: &a { x: 1 }\nb: *a\nc: [*a, *a]\n')).toEqual({
      a: { x: 1 },
      b: { x: 1 },
      c: [{ x: 1 }, { x: 1 }],
    });
  });
});
