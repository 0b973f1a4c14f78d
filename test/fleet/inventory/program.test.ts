import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInventoryProgram } from '../../../fleet/inventory/program';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-program-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a program that hangs is ended with its children, and what it said is shown', async () => {
  const path = await program('#!/bin/sh\necho waiting for the cloud >&2\nsleep 600\n');
  await expect(runInventoryProgram(path, { timeoutMs: 300, capBytes: 1000 })).rejects.toMatchObject({
    code: 'TG_INVENTORY_FAILED',
    message: expect.stringContaining('did not end within 0.3 s:\nwaiting for the cloud'),
  });
});

test('a program that prints without end is ended', async () => {
  const path = await program('#!/bin/sh\nyes\n');
  await expect(runInventoryProgram(path, { timeoutMs: 10_000, capBytes: 1000 })).rejects.toThrow(
    'printed more than 1000 bytes',
  );
});

async function program(text: string): Promise<string> {
  const path = join(folder, 'inventory.sh');
  await writeFile(path, text, { mode: 0o755 });
  return path;
}
