import { setImmediate as tick } from 'node:timers/promises';
import { Turns } from '../../model/turns';

const turns = new Turns();
let told: string[];
beforeEach(() => {
  told = [];
});

const work = (name: string, ticks: number) => async () => {
  told.push(`${name} begins`);
  for (let i = 0; i < ticks; i += 1) await tick();
  told.push(`${name} ends`);
  if (name === 'bad') throw new Error('bad fails');
  return name;
};

test('work under one name is done one after another, also after one that failed', async () => {
  const taken = [
    turns.take('x', work('bad', 3)),
    turns.take('x', work('b', 2)),
    turns.take('x', work('c', 0)),
  ];
  const results = await Promise.allSettled(taken);
  expect(told).toEqual(['bad begins', 'bad ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
});

test('work under another name does not wait', async () => {
  await Promise.all([turns.take('x', work('x', 3)), turns.take('y', work('y', 0))]);
  expect(told).toEqual(['x begins', 'y begins', 'y ends', 'x ends']);
});
