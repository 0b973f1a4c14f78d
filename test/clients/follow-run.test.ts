import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followRun } from '../../clients/follow-run';
import { openOutput } from '../../clients/output';
import { homeAt } from '../../store/home';
import { Ledger } from '../../store/ledger';

const home = homeAt(mkdtempSync(join(tmpdir(), 'tidegate-follow-')));
afterAll(() => rmSync(home.folder, { recursive: true, force: true }));

/** Longer than several of the lines that tell how far it is. */
const thinkingMs = 1_000;

test('nothing is drawn over the question while a person thinks about it', async () => {
  const run = 'run-4f0c2a11';
  const actor = { name: 'anna@secured1', proof: 'claimed' } as const;
  const ledger = await Ledger.open(home.ledger);
  const digest = 'a'.repeat(64);
  await ledger.appendAll(run, [
    { kind: 'started', fleet: 'prod', request: digest, list: digest, hosts: 2, actor, at: at(0) },
    { kind: 'waiting', hosts: 1, at: at(1) },
  ]);
  let drawn = 0;
  const progress = () => {
    drawn += 1;
  };
  const output = { ...openOutput({ format: 'text', colour: false }), progress };
  let whileAsked = -1;
  const watcher = {
    async goOn() {
      const before = drawn;
      await sleep(thinkingMs);
      whileAsked = drawn - before;
      return true;
    },
  };
  const answer = async () => {
    await ledger.appendAll(run, [
      { kind: 'asked', verb: 'go on', actor, at: at(2) },
      { kind: 'ended run', result: 'done', at: at(3) },
    ]);
  };
  await followRun(home, run, { output, doing: 'id', watcher }, answer, new Promise<never>(() => undefined));
  await ledger.close();
  expect(whileAsked).toBe(0);
}, 20_000);

const at = (second: number) => new Date(Date.UTC(2026, 2, 14, 22, 0, second)).toISOString();
