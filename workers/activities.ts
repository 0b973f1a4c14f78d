import { createArtifactActivities } from '../activities/artifacts';
import { Authority } from '../activities/authority';
import { createBuildActivities } from '../activities/build/activities';
import { Gate } from '../activities/gate';
import { createHostCheckActivities, type HostCheckActivities } from '../activities/host-check';
import { createHostKeyActivities, type HostKeyActivities } from '../activities/host-keys';
import { Lease } from '../activities/lease';
import { createPlanActivities } from '../activities/plan/activities';
import { createReleaseActivities } from '../activities/release';
import { createRolloutActivities } from '../activities/rollout/activities';
import { Books } from '../activities/rollout/book';
import { createExamineActivities, type ExamineActivities } from '../activities/rollout/examine';
import { followAllOverdue } from '../activities/rollout/overdue';
import { Planned } from '../activities/rollout/planned';
import { Quarantine } from '../activities/rollout/quarantine';
import { replay } from '../activities/rollout/replay';
import { RolloutWork, type Secured } from '../activities/rollout/work';
import { createRunActivities } from '../activities/run/activities';
import { RunBook } from '../activities/run/book';
import { closeRun } from '../activities/run/close';
import { readHolds } from '../fleet/holds';
import { FleetSource } from '../fleet/source';
import { TidegateError } from '../model/errors';
import { Artifacts } from '../store/artifacts';
import { markSuperseded, nextEpoch, refuseSuperseded } from '../store/epoch';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { Mandates } from '../store/mandate';
import type { Reach } from './reach';

/** Everything that the one worker holds, and the activities made over it. */
export interface SecuredWorker {
  readonly activities: ReturnType<typeof createRolloutActivities> &
    ReturnType<typeof createRunActivities> &
    ReturnType<typeof createPlanActivities> &
    ReturnType<typeof createReleaseActivities> &
    ReturnType<typeof createBuildActivities> &
    ReturnType<typeof createArtifactActivities> &
    HostCheckActivities &
    ExamineActivities &
    HostKeyActivities;
  readonly books: Books;
  readonly gate: Gate;
  /** Ends a run in the record. @param forgotten - as `closeRun` has it (activities/run/close.ts) */
  closeRun(run: string, forgotten: string): Promise<void>;
  /** No operation begins on any host from here on; those in progress are followed as before. */
  beginNothing(): void;
  end(): Promise<void>;
}

/**
 * Opens what only the secured worker may: the private key, the ledger for writing, the connections.
 * @param reach - how it reaches hosts.
 * @param ping - a call that the Temporal server answers: begins need that it did so a moment ago.
 * @param say - told what a person should know
 * @param end - called when this worker must end: another has taken its place.
 */
export async function secure(
  home: Home,
  reach: Reach,
  ping: () => Promise<unknown>,
  say: (line: string) => void,
  end: (why: TidegateError) => void,
): Promise<SecuredWorker> {
  const source = new FleetSource(home.fleetFile, say);
  const fleet = await source.read();
  // What can refuse comes before what must be ended.
  await refuseSuperseded(home.state);
  const hosts = await reach(fleet);
  const files = new Files(home.files);
  const ledger = await Ledger.open(home.ledger);
  const gate = new Gate();
  const lease = new Lease(ping, () => gate.poke());
  const quarantine = new Quarantine();
  const books = new Books(ledger, (rollout, entry) => quarantine.see(rollout, entry));
  const domains = new Map(fleet.hosts.map(({ name, domain }) => [name, domain]));
  const { chain, endedBefore } = await replay(ledger, gate, quarantine, (host) => domains.get(host));
  const secured: Secured = {
    hosts,
    files,
    gate,
    lease,
    chain,
    quarantine,
    epoch: await nextEpoch(home.state),
    fleet: (use) => source.read(use),
    superseded: (detail) => {
      const why = new TidegateError('TG_EPOCH_STALE', detail);
      lease.end();
      end(why);
      markSuperseded(home.state, detail);
      return why;
    },
    holds: () => readHolds(home.state, new Date()),
  };
  // What is overdue of a rollout that has ended has nobody else to follow it.
  for (const rollout of endedBefore)
    await followEnded(secured, books, rollout).catch((error) => say(`${rollout}: ${String(error)}`));
  const artifacts = await Artifacts.open(ledger, files);
  const authority = new Authority(await Mandates.open(ledger), () => source.file());
  const building = { hosts, files, ledger, artifacts, authority, fleet: secured.fleet };
  const planning = createPlanActivities(secured, ledger, artifacts);
  const rollouts = createRolloutActivities(secured, books, authority);
  return {
    activities: {
      ...rollouts,
      ...createExamineActivities({ secured, ledger, books, authority, follow: (ref) => rollouts.sums(ref) }),
      ...createRunActivities(secured, { ledger, authority, stateFolder: home.state }),
      ...planning,
      ...createReleaseActivities(books, files, authority, planning.freezePlan),
      ...createHostCheckActivities({ ...secured, ledger }),
      ...createHostKeyActivities({ hosts, ledger, authority, fleet: secured.fleet }),
      ...createBuildActivities(building),
      ...createArtifactActivities(building),
    },
    books,
    gate,
    async closeRun(run, forgotten) {
      const book = await RunBook.open(ledger, run);
      if (book.record.started) await closeRun(book, files, home.state, forgotten);
    },
    beginNothing: () => lease.end(),
    async end() {
      lease.end();
      // First: what our closing the connections does to hosts is not to stand in it.
      await ledger.close();
      await hosts.closeAll();
    },
  };
}

async function followEnded(secured: Secured, books: Books, rollout: string): Promise<void> {
  const book = await books.open(rollout);
  const { started } = book.record;
  if (!started) return;
  const fleet = await secured.fleet();
  followAllOverdue(
    new RolloutWork(secured, book, await Planned.load(secured.files, started.plan, fleet), fleet),
  );
}
