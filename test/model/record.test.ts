import type { RolloutEntry } from '../../model/ledger';
import { RolloutRecord } from '../../model/record';

test('to look at a host is to write nothing: reading 100,000 of them keeps none, and changes no count', () => {
  const record = new RolloutRecord();
  for (let index = 0; index < 100_000; index += 1) record.host(index, `h${index}`);
  expect(record.hosts.size).toBe(0);
  expect(record.counts().pending).toBe(0);
  expect(record.host(7, 'web7')).toMatchObject({ name: 'web7', attempt: 1, tries: 0, failure: false });
});

test('what the ledger tells of one host is not told of another', () => {
  const record = new RolloutRecord();
  const at = '2026-01-01T00:00:00.000Z';
  const ended = { kind: 'ended', at, operation: 'o', outcome: 'ok' } as const;
  record.add({ ...ended, host: 'web1', index: 1, restarts: ['sshd'] });
  record.add({
    kind: 'unreachable',
    at,
    host: 'web2',
    index: 2,
    attempt: 1,
    try: 1,
    code: 'TG_X',
    detail: 'x',
  });
  expect(record.host(1).restarts).toEqual(['sshd']);
  expect(record.host(2)).toMatchObject({ tries: 1, restarts: [] });
  expect(record.host(3)).toMatchObject({ tries: 0, restarts: [], name: '' });
});

test('what a host had before is kept from its first operation on, but not from one that rpm turned down', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const on = { at, host: 'web1', index: 1 } as const;
  const begin = (operation: string, absent: string[]): RolloutEntry => {
    const apply = { action: 'apply', attempt: 1, request: 'r', previous: 'none' } as const;
    return { kind: 'begun', ...on, ...apply, operation, before: [], absent };
  };
  const after = (outcome: string) => {
    const record = new RolloutRecord();
    record.add(begin('a1', ['then']));
    record.add({ kind: 'ended', ...on, operation: 'a1', outcome });
    record.add(begin('a2', ['now']));
    return record.host(1).before?.absent;
  };
  expect(after('TG_CHECK_FAILED')).toEqual(['then']);
  expect(after('TG_PREFLIGHT_REFUSED')).toEqual(['now']);
});
