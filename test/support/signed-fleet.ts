import { randomBytes } from 'node:crypto';
import { namedError } from '../../clients/failure';
import type { Rpm } from '../../model/artifact';
import { taskQueue } from '../../workflows/contract/server';
import { fleetName, TestFleet } from './fleet';
import { Signers } from './signers';

/** Who somebody claims to be that reaches the Temporal frontend past the command line. */
export const outsider = { name: 'mallory@outside', proof: 'signed' as const };

/** A fleet that has allowedSigners: anna's key is among them, mallory's is not. */
export class SignedFleet {
  private constructor(
    readonly fleet: TestFleet,
    readonly people: Signers,
    readonly first: Rpm,
    readonly second: Rpm,
  ) {}

  static async start(): Promise<SignedFleet> {
    const file = { allowedSigners: 'allowed_signers', trustedKeys: ['public.asc'] };
    const fleet = await TestFleet.start({ hosts: 4, domains: 2, file });
    const people = new Signers(fleet.home.folder, fleetName);
    people.allow('anna');
    people.key('mallory');
    const packages = [await fleet.package('1.0'), await fleet.package('2.0')] as const;
    await fleet.work();
    return new SignedFleet(fleet, people, ...packages);
  }

  /** Runs a command line as a person whose key signs. */
  signed(person: string, ...words: string[]): ReturnType<TestFleet['tidegate']> {
    return this.fleet.tidegate(words, { TIDEGATE_SIGN_WITH: this.people.file(person) });
  }

  /** Starts a workflow as anybody who reaches the frontend can. @returns its result, or its named error. */
  async outside(type: string, input: object): Promise<unknown> {
    return named(
      this.fleet.client.workflow.execute(type, {
        workflowId: `outside/${randomBytes(6).toString('hex')}`,
        taskQueue: taskQueue(fleetName),
        args: [input],
      }),
    );
  }
}

/** The result, or the named error that it ended with. */
export function named(result: Promise<unknown>): Promise<unknown> {
  return result.catch(namedError);
}
