import { readProvenance } from '../../../store/artifacts';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import { Ledger } from '../../../store/ledger';
import { readRolloutEntries } from '../../../store/rollout-books';
import { pictureOf, readRollout } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';
import { rolloutReport } from '../../view/rollout/report';
import { reportCsv } from '../../view/rollout/report-csv';
import { reportHtml } from '../../view/rollout/report-html';
import { reportText } from '../../view/rollout/report-text';

/** What a rollout did, from the ledger: as text, JSON, CSV or HTML. */
export async function run(invocation: Invocation<{ format?: string }>): Promise<Outcome> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  const known = await readRollout(home, invocation.arguments[0]);
  const report = rolloutReport({
    ...known,
    entries: await readRolloutEntries(await Ledger.open(home.ledger), known.id),
    picture: pictureOf(known),
    planDigest: known.digest,
    provenance: await readProvenance(new Files(home.files), known.plan.artifact),
  });
  switch (options.format) {
    case 'csv':
      return { json: report, text: reportCsv(report), verbatim: true };
    case 'html':
      return { json: report, text: reportHtml(report), verbatim: true };
    default:
      return { json: report, text: reportText(report, output.width, output.colours) };
  }
}
