import { fold } from '../../../model/nodeset';
import { groupResults } from '../../../model/run-groups';
import type { RunResultEntry } from '../../../model/run-ledger';
import type { KnownRun, ListedRun } from '../../runs';

/** One run as programs read it: groups as `runText` draws them, and what each host came to. */
export function runJson(known: KnownRun): object {
  return {
    ...runSummaryJson(known),
    groups: groupResults(known.record.results.values()).map(({ outcome, why, hosts, result }) => ({
      outcome,
      why: why === '' ? undefined : why,
      hosts: fold(hosts),
      count: hosts.length,
      stdout: result.stdout,
      stderr: result.stderr,
    })),
  };
}

/** One run in numbers, without what its hosts answered. */
export function runSummaryJson({ id, record, request }: ListedRun): object {
  return {
    run: id,
    verb: request.task.verb,
    selector: request.selector,
    hosts: record.started?.hosts,
    result: record.ended?.result,
    counts: record.counts(),
  };
}

/** One host as a line of JSON. */
export function resultJson({
  host,
  outcome,
  code,
  signal,
  detail,
  ms,
  stdout,
  stderr,
}: RunResultEntry): object {
  return { host, outcome, code, signal, detail, ms, stdout, stderr };
}
