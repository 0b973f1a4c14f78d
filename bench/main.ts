import { join } from 'node:path';
import { InvalidArgumentError, Option, program } from 'commander';
import { compete } from './contender';
import { installTools } from './install';
import { withBench } from './lab';
import { describeMachine } from './machine';
import { parts } from './parts';
import { reportText, writeReport } from './report';
import { readTables, writeTable } from './results';
import { targetsOf } from './targets';

interface Options {
  readonly hosts: number;
  readonly only: readonly string[];
  readonly rounds: number;
  readonly append: boolean;
  readonly onceAbove: number;
  readonly results: string;
}

/** Each part on one lab; what was measured is kept as it comes, so that parts can be measured one by one. */
async function main(): Promise<void> {
  const { hosts, only, rounds, append, results: folder, onceAbove: onceAboveSeconds } = readOptions();
  const tell = (line: string) => process.stderr.write(`${line}\n`);
  installTools(tell);
  const machine = await describeMachine();
  await withBench(hosts, async (bench) => {
    for (const name of only) {
      const { contenders, rounds: own = rounds, title, setting, remarks } = parts[name]!;
      tell(`${name}: ${title}, ${setting}`);
      const earlier = append ? (readTables(folder).get(name)?.results ?? []) : [];
      await compete(await contenders(bench), { rounds: own, onceAboveSeconds, earlier }, tell, (results) =>
        writeTable(folder, name, {
          title,
          setting,
          remarks: [...remarks],
          hosts,
          machine,
          results: [...results],
        }),
      );
    }
  });
  const tables = readTables(folder);
  writeReport(folder, tables);
  const now = new Map([...tables].filter(([name]) => only.includes(name)));
  process.stdout.write(`${reportText(now)}\n`);
  if (targetsOf(now).some(({ met }) => !met)) process.exitCode = 3;
}

function readOptions(): Options {
  const known = Object.keys(parts);
  const list = (text: string) => {
    const wanted = text.split(',');
    const unknown = wanted.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new InvalidArgumentError(`there is no part ${unknown.join(', ')}`);
    return wanted;
  };
  return program
    .name('npm run bench --')
    .addOption(new Option('--hosts <number>').default(200).argParser(Number))
    .addOption(new Option('--only <parts>', known.join(', ')).default(known, 'all').argParser(list))
    .addOption(new Option('--rounds <number>', 'of each contender, in turn').default(3).argParser(Number))
    .addOption(new Option('--append', 'add the rounds to those that are kept').default(false))
    .addOption(
      new Option('--once-above <seconds>', 'whoever needs longer for a round has only one')
        .default(Number.POSITIVE_INFINITY, 'nobody')
        .argParser(Number),
    )
    .addOption(
      new Option('--results <folder>', 'where figures are kept').default(
        join(__dirname, '../../docs/bench'),
        'docs/bench',
      ),
    )
    .parse()
    .opts<Options>();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  // What was interrupted may still wait for its contender.
  process.exit(1);
});
