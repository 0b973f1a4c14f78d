import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  defineSignal,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { ReleaseActivities } from '../activities/release';
import { counted } from '../model/counted';
import { summaryOf } from '../model/summary';
import { build } from './build';
import {
  type PlannedRelease,
  type ReleaseInput,
  type ReleaseResult,
  releaseSignals,
} from './contract/release';
import { type Asked, rolloutWorkflowId } from './contract/rollout';
import { messageOf } from './message-of';
import { heartbeatTimeout, quickly } from './proxies';
import { rollout } from './rollout';
import { attributesOf, showFailedHosts, showPhase } from './visible';

const signals = {
  confirm: defineSignal<[Answer | null | undefined]>(releaseSignals.confirm),
  drop: defineSignal<[Answer | null | undefined]>(releaseSignals.drop),
};

/** What a signal carried: nothing of it has been believed. */
type Answer = Partial<Asked>;

const noting = proxyActivities<ReleaseActivities>(quickly);

/** Asking 100,000 hosts takes minutes; what is refused is refused at once, and a dead worker's try is repeated. */
const asking = proxyActivities<ReleaseActivities>({
  startToCloseTimeout: '2h',
  heartbeatTimeout,
  retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 20 },
  summary: 'ask the hosts, and freeze the waves for what was built',
});

/** What people have said of a release while it was built and planned. */
class Answers {
  confirmed: Answer | undefined;
  dropped: Answer | undefined;

  constructor(private readonly rollout: string) {}

  listen(): void {
    setHandler(signals.confirm, (asked) => this.confirm(asked));
    setHandler(signals.drop, (asked) => {
      this.dropped ??= asked ?? {};
    });
  }

  /** Has a confirmation judged and recorded; nothing comes of one that is refused. */
  async confirm(asked: Answer | null | undefined): Promise<void> {
    const refused = await noting.confirmed({ ...asked, rollout: this.rollout });
    if (!refused) this.confirmed ??= asked ?? {};
  }
}

/**
 * One patch from its source to every host, in one record: built and signed, planned for the very artifact that was
 * built, confirmed by a person who sees the plan (or has said yes beforehand), rolled out.
 * It waits for that person as long as it takes; nothing is changed on any host before.
 */
export async function release(input: ReleaseInput): Promise<ReleaseResult> {
  const answers = new Answers(input.rollout);
  answers.listen();
  showFailedHosts(0);
  await noting.openRelease(input);
  try {
    const agreed = await prepare(input, answers);
    if (!agreed) return await drop(input, answers);
    const carriedOut = await begin(input, agreed);
    const { result } = await carriedOut.result();
    return await end(input, result);
  } catch (error) {
    // A rollout that has begun tells its own end.
    await CancellationScope.nonCancellable(() =>
      noting.endRelease({ rollout: input.rollout, result: 'failed', detail: messageOf(error) }),
    );
    throw error;
  } finally {
    await condition(allHandlersFinished);
  }
}

/** A plan, and who has agreed to it. */
interface Agreed {
  readonly planned: PlannedRelease;
  readonly confirmed: Answer;
}

/** Builds, plans, and waits until a person has answered. @returns nothing when the release was dropped. */
async function prepare(input: ReleaseInput, answers: Answers): Promise<Agreed | undefined> {
  const { rollout: id, fleet, actor } = input;
  await enter(input, 'building', `Building ${input.package} from \`${input.recipePath}\`.`);
  const built = await executeChild(build, {
    workflowId: `build/${fleet}/${input.package}/${id}`,
    args: [
      {
        ...{ fleet, package: input.package, recipe: input.recipe, actor },
        ...{ acceptDrift: input.acceptDrift, mandate: input.mandate },
      },
    ],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    typedSearchAttributes: attributesOf(fleet, input.package, 'building'),
    staticSummary: summaryOf(`${input.package}: build ${input.recipePath}`),
  });
  await noting.built({ rollout: id, ...built });
  if (answers.dropped) return undefined;
  await enter(input, 'planning', `Planning ${input.package} ${built.version}: asking the hosts.`);
  const planned = await asking.planRelease(input, built.artifact);
  if (input.confirmed) await answers.confirm({ actor: input.actor });
  if (!answers.confirmed && !answers.dropped) {
    const asks = `**Waits for a person** to confirm ${input.package} ${built.version} on ${counted(planned.hosts, 'host')}:\n\n`;
    const command = `\`tidegate release ${input.recipePath} ${input.planPath}\``;
    await enter(input, 'waiting for confirmation', asks + command);
    await condition(() => answers.confirmed !== undefined || answers.dropped !== undefined);
  }
  const { confirmed, dropped } = answers;
  return confirmed && !dropped ? { planned, confirmed } : undefined;
}

/** Starts the rollout: it is one like any other, and outlives whatever becomes of the release. */
async function begin(
  input: ReleaseInput,
  { planned, confirmed }: Agreed,
): Promise<ChildWorkflowHandle<typeof rollout>> {
  const { rollout: id, fleet } = input;
  // Why it is done was said when it was begun; who answers for the rollout is whoever confirms it.
  const actor = { ...input.actor, ...confirmed.actor };
  const { mandate } = confirmed;
  try {
    const child = await startChild(rollout, {
      workflowId: rolloutWorkflowId(fleet, input.package),
      args: [{ fleet, rollout: id, plan: planned.plan, actor, verb: 'start', mandate }],
      memo: { rollout: id },
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: attributesOf(fleet, input.package, 'starting'),
      staticSummary: planned.shown.summary,
      staticDetails: planned.shown.details,
    });
    setCurrentDetails(`Rolled out on ${counted(planned.hosts, 'host')}: see the child workflow **rollout**.`);
    return child;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw ApplicationFailure.nonRetryable(
      `${input.package} is being rolled out in ${fleet} already`,
      'TG_ROLLOUT_RUNNING',
    );
  }
}

async function drop(input: ReleaseInput, { dropped }: Answers): Promise<ReleaseResult> {
  const { rollout: id } = input;
  if (dropped) await noting.dropped({ rollout: id, actor: dropped.actor });
  await noting.endRelease({ rollout: id, result: 'aborted', detail: 'the release was dropped' });
  showPhase('ended');
  setCurrentDetails('Dropped: nothing was changed on any host.');
  return { result: 'dropped' };
}

async function end(input: ReleaseInput, result: ReleaseResult['result']): Promise<ReleaseResult> {
  const { failures } = await noting.failuresOf({ rollout: input.rollout });
  showFailedHosts(failures);
  showPhase('ended');
  setCurrentDetails(
    `The rollout ended: ${result}.\n\n\`tidegate rollout report ${input.rollout.slice(0, 10)}\``,
  );
  return { result };
}

async function enter(
  input: ReleaseInput,
  phase: 'building' | 'planning' | 'waiting for confirmation',
  details: string,
): Promise<void> {
  showPhase(phase);
  setCurrentDetails(details);
  await noting.enterRelease.executeWithOptions({ summary: phase }, [{ rollout: input.rollout, phase }]);
}
