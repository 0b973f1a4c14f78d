import type { UndoCourse } from '../model/procedure';
import { Ranges } from '../model/ranges';
import { summaryOf } from '../model/summary';
import { type BatchResult, batchHosts } from './contract/wave';
import { onHosts, quick } from './proxies';
import type { Rollout } from './steps';

/**
 * A batch that left all of its hosts as they were, although nothing stood in its way, may be an attempt that was
 * replaced by another; what so many leave, one more would leave too.
 */
const idleBatches = 3;

/** Takes a stretch of hosts back: failed ones first, caps hold, the budget does not. The last call says that it is done. */
export async function undo(rollout: Rollout): Promise<void> {
  const { control, opened } = rollout;
  if (!(await control.mayBegin('undo', opened.window))) return;
  const { undoable } = await quick.sums(control.reference);
  const course = control.course.undo;
  const passed = Ranges.fromText(course.passedOver).union(Ranges.fromText(course.unreachable));
  const failed = Ranges.fromText(undoable.failed).subtract(passed);
  const all = failed.size > 0 ? failed : Ranges.fromText(undoable.applied).subtract(passed);
  if (all.size === 0) return round(rollout, course);
  await control.progress.enter('rolling back');
  const hosts = all.first(batchHosts);
  for (let idle = 0; idle < idleBatches; idle += 1) {
    const result = await batch(rollout, hosts.toText());
    const unreachable = Ranges.fromText(result.unreachable).union(Ranges.fromText(course.unreachable));
    control.take({ kind: 'undone', unreachable: unreachable.toText() });
    if (result.left !== hosts.toText() || result.stopped !== 'no') return;
  }
  const passedOver = Ranges.fromText(course.passedOver).union(hosts);
  control.take({ kind: 'undone', passedOver: passedOver.toText() });
}

async function batch(rollout: Rollout, hosts: string): Promise<BatchResult> {
  const names = await quick.nameHosts({ ...rollout.control.reference, hosts });
  return onHosts.runBatch.executeWithOptions({ summary: summaryOf(`undo: ${names}`) }, [
    { ...rollout.control.reference, action: 'undo', wave: 0, hosts, handOver: false },
  ]);
}

/** Those that could not be reached are tried again as often as the plan says of any host; then they are left. */
async function round({ control, opened }: Rollout, course: UndoCourse): Promise<void> {
  const { tries, everyMs } = opened.unreachable;
  const triesMade = course.triesMade + 1;
  if (course.unreachable === '' || triesMade >= tries) return control.take({ kind: 'undone', done: true });
  const untilAt = new Date(Date.now() + everyMs).toISOString();
  await control.progress.enter(
    'rolling back',
    `try ${triesMade + 1} of ${tries} for what could not be reached`,
    untilAt,
  );
  await control.another('undo', everyMs, `until try ${triesMade + 1} of ${tries}`);
  control.take({ kind: 'undone', unreachable: '', triesMade });
}
