import { Artifacts, readProvenance } from '../../../store/artifacts';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import { Ledger } from '../../../store/ledger';
import type { Invocation, Outcome } from '../../verb';
import { artifactText } from '../../view/artifact';

/** One artifact, with its provenance. */
export async function run({ options, arguments: [digest = ''] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const files = new Files(home.files);
  const kept = await (await Artifacts.open(await Ledger.open(home.ledger), files)).byDigest(digest);
  const how = await readProvenance(files, kept.artifact);
  return { json: { ...kept.artifact, actor: kept.actor, provenance: how }, text: artifactText(kept, how) };
}
