import { Artifacts } from '../../../store/artifacts';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import { Ledger } from '../../../store/ledger';
import type { Invocation, Outcome } from '../../verb';
import { artifactTable } from '../../view/artifact';

/** Every artifact of the store, or of one package. Works without Temporal and without the worker. */
export async function run({ options, output, arguments: [packageName] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const artifacts = await Artifacts.open(await Ledger.open(home.ledger), new Files(home.files));
  const kept = await artifacts.list(packageName);
  const none = `no artifact${packageName === undefined ? '' : ` of ${packageName}`} yet\nNext: tidegate build RECIPE, or tidegate artifacts import FILE`;
  return {
    json: kept.map(({ artifact, actor }) => ({ ...artifact, actor })),
    text: kept.length === 0 ? none : artifactTable(kept, output.width),
  };
}
