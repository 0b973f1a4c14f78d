/** Aliases of aliases: a few lines that say a billion. `line` takes its number and the alias before it. */
const laughs = (first: string, line: (number: number, before: string) => string) =>
  [first, ...Array.from({ length: 30 }, (_, index) => line(index + 1, `*a${index}`))].join('\n');
const many = (count: number, line: (number: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

export const document = [
  laughs('a0: &a0 [x, x]', (n, before) => `a${n}: &a${n} [${before}, ${before}]`),
  'hosts: &a { a: *a }\nchecks: &b [*b]\n',
  many(3_000, (n) => `a${n}: &a${n} { x: ${n === 0 ? 'x' : `*a${n - 1}`} }`),
];

export const fleet = [
  `fleet: x\nhosts:\n${many(3_000, (n) => `  h${n}: { jump: h${n + 1} }`)}\n  h3000:\n`,
  `fleet: x\nhosts:\n${many(2_000, (n) => `  h${n}: { address: same }`)}\n`,
];

export const inventory = [
  `[g0]\nh\n${many(5_000, (n) => `[g${n + 1}:children]\ng${n}`)}\n`,
  `[g0]\nh\n${many(2_000, (n) => `[g0:children]\nunknown${n}`)}\n`,
  `${many(60, (n) => `a${n}-[1-900000]`)}\n`,
  `a[1-3000]\n[all:vars]\n${many(3_000, (n) => `v${n}=x`)}\n`,
  many(5_000, (n) => `h${n} rack=r${n % 7} jump=h${n + 1}`),
  `${' '.repeat(200_000)}\n[\n`,
];

export const inventoryYaml = [
  laughs(
    'a0: &a0 { hosts: { x: } }',
    (n, before) => `g${n}: &a${n} { children: { p: ${before}, q: ${before} } }`,
  ),
  'a: &a\n  children:\n    b: *a\n',
  `all:\n  hosts:\n${many(60, (n) => `    a${n}-[1-900000]:`)}\n`,
];

export const inventoryJson = [
  JSON.stringify({ _meta: {}, a: { children: Array.from({ length: 200_000 }, (_, n) => `g${n}`) } }),
  `{"_meta": {"hostvars": {"a": {"x": ${'['.repeat(50_000)}${']'.repeat(50_000)}}}}}`,
];

export const selector = [
  many(60, (n) => `a${n}-[1-900000],`),
  `name=${'*a'.repeat(300)}b & note=${'a*'.repeat(300)}b`,
  `${'!('.repeat(5_000)}all`,
  'web000'.repeat(20_000),
];

export const knownHosts = [
  many(300, () => `${'*a'.repeat(400)}b ssh-ed25519 AAAAC3NzaC1lZDI1NTE5`),
  `a b c${' '.repeat(200_000)}\u2028`,
  `@${' @'.repeat(100_000)}`,
];

export const log = [
  `error: Failed build dependencies:\n${'\n'.repeat(300_000)}`,
  `error: Bad exit status from x (%prep)\n+ ${'/SOURCES/x'.repeat(50_000)}`,
  `error: Bad exit status from x (%prep)\n${'1 out of 1 hunk FAILED to file x'.repeat(20_000)}`,
];
