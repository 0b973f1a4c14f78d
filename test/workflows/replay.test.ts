import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../../workers/bundle';
import * as workflows from '../../workflows';
import { readHistory, type SavedHistory, savedHistories } from '../support/histories';

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

// How they are saved, and for how long they stay: docs/workflows.md. What is under way when the worker is replaced by a
// newer one goes on only if the newer one decides as these did.
const histories = savedHistories();

/** They ask hosts once, or run once on each: a person who waits for one starts it again. */
const short = ['clearHost', 'examineHost', 'run'];

test('there are histories of every workflow that is long or waits', () => {
  const types = histories.map((file) => typeOf(readHistory('.', file)));
  expect([...new Set([...types, ...short])].sort()).toEqual(Object.keys(workflows).sort());
});

test.each([
  ['rollout', 'was asked to', ['abort', 'approve', 'pause', 'resume', 'retry', 'rollback']],
  ['rollout', 'was begun to', ['catch up', 'retry', 'start']],
  [
    'rollout',
    'did',
    ['budgetSpent', 'nameHosts', 'notify', 'rehearse', 'retryHosts', 'runBatch', 'watchSoak'],
  ],
  ['rollout', 'did', ['countOwed', 'finish', 'owed', 'wave', 'windowOpens']],
  ['wave', 'was asked to', ['stop']],
  ['wave', 'did', ['owe', 'runBatch']],
  ['owed', 'did', ['lookForOwed', 'rollout']],
  ['release', 'was asked to', ['confirm', 'drop']],
  ['release', 'did', ['build', 'rollout']],
])('there is a history in which a %s %s %j', (type, how, wanted) => {
  const known = new Set(
    histories
      .map((file) => readHistory('.', file))
      .filter((history) => typeOf(history) === type)
      .flatMap((history) => courseOf(history)[how] ?? []),
  );
  expect([...known]).toEqual(expect.arrayContaining(wanted));
});

test.each(histories)('today’s workflows decide as those did that wrote %s', async (file) => {
  const bundle = { codePath: await workflowBundle() };
  await Worker.runReplayHistory({ workflowBundle: bundle }, readHistory('.', file));
});

const typeOf = ({ events }: SavedHistory) =>
  events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;

/** What came in, and what was decided, by how. */
function courseOf({ events }: SavedHistory): Record<string, string[]> {
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const input = JSON.parse(Buffer.from(started?.input?.payloads[0]?.data ?? '', 'base64').toString() || '{}');
  return {
    'was asked to': events.flatMap(
      (event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [],
    ),
    'was begun to': input.verb === undefined ? [] : [input.verb],
    did: events.flatMap(
      ({ activityTaskScheduledEventAttributes: activity, ...event }) =>
        activity?.activityType.name ??
        event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType.name ??
        [],
    ),
  };
}
