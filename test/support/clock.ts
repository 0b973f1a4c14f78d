import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The clock of a process that a test sets while it runs (libfaketime): its monotonic clock goes on as ever. */
export interface TestClock {
  /** What the process is started with. */
  readonly environment: NodeJS.ProcessEnv;
  /** Puts it ahead of the machine's (`+1h`), or behind (`-30m`). */
  set(ahead: string): void;
  remove(): void;
}

export function testClock(): TestClock {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-clock-'));
  const file = join(folder, 'ahead');
  const set = (ahead: string) => writeFileSync(file, `${ahead}\n`);
  set('+0');
  return {
    environment: {
      // The dynamic linker knows where libraries of this machine are.
      LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
