import { InvalidArgumentError, Option, program } from 'commander';
import { campaign, inputAt } from './campaign';
import { Lane } from './lane';
import { findingText, resultLine } from './report';
import { targets } from './targets';

interface Options {
  readonly cases: number;
  readonly seed: number;
  readonly only: readonly string[];
  readonly at?: number;
}

/** Cases for everything that reads what others wrote. Exits with 1 when it finds something. */
async function main(): Promise<void> {
  const { cases, seed, only, at } = readOptions();
  process.stdout.write(`seed ${seed}, ${cases} cases each\n`);
  for (const target of targets.filter(({ name }) => only.includes(name))) {
    const { name } = target;
    if (at !== undefined) {
      await again(name, inputAt(target, seed, at));
      continue;
    }
    const result = await campaign(target, { seed, cases });
    process.stdout.write(`${resultLine(result)}\n`);
    for (const finding of result.findings) process.stdout.write(findingText(name, finding));
    if (result.findings.length > 0) process.exitCode = 1;
  }
}

/** One case once more. */
async function again(name: string, input: Uint8Array): Promise<void> {
  const lane = new Lane(name);
  const { why } = await lane.ask({ input });
  await lane.close();
  process.stdout.write(`${name}: ${why ?? 'nothing is wrong with it'}\n`);
  if (why !== undefined) process.exitCode = 1;
}

function readOptions(): Options {
  const known = targets.map(({ name }) => name);
  const count = (text: string) => {
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new InvalidArgumentError('a whole number');
  };
  const list = (text: string) => {
    const wanted = text.split(',').flatMap((start) => {
      const exact = known.filter((name) => name === start);
      return exact.length > 0 ? exact : known.filter((name) => name.startsWith(start));
    });
    if (wanted.length === 0) throw new InvalidArgumentError(`there are ${known.join(', ')}`);
    return wanted;
  };
  return program
    .name('npm run fuzz --')
    .addOption(new Option('--cases <number>', 'for each reader').default(100_000).argParser(count))
    .addOption(new Option('--seed <number>').default(1).argParser(count))
    .addOption(
      new Option('--only <readers>', 'names, or how they begin').default(known, 'all').argParser(list),
    )
    .addOption(new Option('--at <number>', 'only this case of the seed').argParser(count))
    .parse()
    .opts<Options>();
}

void main();
