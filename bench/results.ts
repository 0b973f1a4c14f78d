import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { machineSchema } from './machine';

const measuredSchema = z.object({ wallSeconds: z.number(), cpuSeconds: z.number(), peakMiB: z.number() });
const resultSchema = z.object({
  name: z.string(),
  version: z.string(),
  absent: z.string().optional(),
  rounds: z.array(measuredSchema).readonly(),
  failures: z.array(z.string()).readonly(),
});

/** One part of the benchmark, as it is kept in docs/bench/PART.json. */
const tableSchema = z.object({
  title: z.string(),
  setting: z.string(),
  remarks: z.array(z.string()),
  hosts: z.number(),
  machine: machineSchema,
  results: z.array(resultSchema),
});
export type Table = z.infer<typeof tableSchema>;
type Quantity = keyof z.infer<typeof measuredSchema>;

/** @returns the parts that are kept in a folder, by name */
export function readTables(folder: string): Map<string, Table> {
  const files = (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name.endsWith('.json'));
  return new Map(
    files.flatMap((name): [string, Table][] => {
      // Others keep their figures in the same folder.
      const { success, data } = tableSchema.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
      return success ? [[name.slice(0, -'.json'.length), data]] : [];
    }),
  );
}

export function writeTable(folder: string, part: string, table: Table): void {
  mkdirSync(folder, { recursive: true });
  const rounded = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
  writeFileSync(join(folder, `${part}.json`), `${JSON.stringify(table, rounded, 1)}\n`);
}

/** @returns the median over the rounds of a contender; undefined when it has none */
export function medianOf(table: Table | undefined, name: string, quantity: Quantity): number | undefined {
  const result = table?.results.find((one) => one.name === name);
  if (result === undefined) return undefined;
  const values = result.rounds.map((round) => round[quantity]).sort((a, b) => a - b);
  const middle = values.length / 2;
  const [low, high] = [values[Math.ceil(middle) - 1], values[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
