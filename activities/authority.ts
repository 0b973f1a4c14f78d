import { resolve } from 'node:path';
import { Context } from '@temporalio/activity';
import type { ReadFleetFile } from '../fleet/load';
import { type Actor, actorSchema } from '../model/actor';
import { TidegateError } from '../model/errors';
import { type SignedMandate, signedMandateSchema } from '../model/mandate';
import type { Order } from '../model/orders';
import type { Mandates, Presented } from '../store/mandate';

/** What came with a request, as far as who asks goes: whoever reaches the Temporal frontend wrote it. */
export interface Request {
  readonly actor: Actor;
  readonly mandate?: SignedMandate;
}

/**
 * Says who asks, in the one place that may: the worker (DESIGN.md decision 8). In a fleet with allowedSigners it is
 * whoever signed this order and no other; in a fleet without, whoever the request claims.
 */
export class Authority {
  constructor(
    private readonly mandates: Mandates,
    private readonly fleetFile: () => Promise<ReadFleetFile>,
  ) {}

  /**
   * Proves who gave an order that starts or approves, before it has any effect.
   * @param once - what a mandate may be used by: a whole run of a workflow (all attempts and activities of a build),
   * or one activity of it (a signal: the next signal to the same run is another use).
   * @throws TG_MANDATE_MISSING, TG_MANDATE_REFUSED.
   */
  prove(request: Request, order: Order, once: 'run' | 'activity' = 'run'): Promise<Actor> {
    return this.#judge(request, order, (presented) => {
      const { workflowExecution, activityId } = Context.current().info;
      if (!workflowExecution) throw new TidegateError('TG_INTERNAL', 'an order that came by no workflow');
      const { runId } = workflowExecution;
      return this.mandates.take({ ...presented, usedBy: once === 'run' ? runId : `${runId} ${activityId}` });
    });
  }

  /** Says who gives an order that another activity will prove when it carries it out. @throws as `prove`. */
  look(request: Request, order: Order): Promise<Actor> {
    return this.#judge(request, order, (presented) => this.mandates.look(presented));
  }

  async #judge(
    request: Request,
    order: Order,
    judge: (presented: Presented) => Promise<string>,
  ): Promise<Actor> {
    const { file, folder } = await this.fleetFile();
    if (file.allowedSigners === undefined) return claimed(request.actor);
    const name = await judge({
      signed: signedBy(request),
      asked: { ...order, fleet: file.fleet },
      allowedSigners: resolve(folder, file.allowedSigners),
      now: new Date(),
    });
    return { ...claimed(request.actor), name, proof: 'signed' };
  }
}

/** Who a request claims to come from; nothing that it says of a proof is believed. */
export function claimed(actor: unknown): Actor {
  const parsed = actorSchema.safeParse(actor);
  return parsed.success ? { ...parsed.data, proof: 'claimed' } : { name: 'nobody', proof: 'claimed' };
}

function signedBy({ mandate }: Request): SignedMandate | undefined {
  if (mandate === undefined || mandate === null) return undefined;
  const parsed = signedMandateSchema.safeParse(mandate);
  if (parsed.success) return parsed.data;
  throw new TidegateError('TG_MANDATE_REFUSED', 'the mandate is refused: it is not a text and a signature');
}
