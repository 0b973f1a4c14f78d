import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadFleet } from '../../../fleet/load';
import { Artifacts } from '../../../store/artifacts';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import { Ledger } from '../../../store/ledger';
import { Keyring } from '../../../store/rpm/keyring';
import { findSigningKey, publicKey } from '../../../store/rpm/signing-key';
import { verifyArtifact } from '../../../store/verify-artifact';
import type { Invocation, Outcome } from '../../verb';
import { shortDigest } from '../../view/artifact';
import { counted } from '../../view/sums';

/** Files, digests and signatures of what the store keeps, under the fleet's own key and its trustedKeys. */
export async function run({ options, output, arguments: [digest] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const files = new Files(home.files);
  const artifacts = await Artifacts.open(await Ledger.open(home.ledger), files);
  const kept = digest === undefined ? await artifacts.list() : [await artifacts.byDigest(digest)];
  const results = await withTrustedKeys(home.fleetFile, (keyring) =>
    Promise.all(
      kept.map(async ({ artifact }) => ({
        artifact,
        problems: await verifyArtifact(files, keyring, artifact),
      })),
    ),
  );
  const bad = results.filter(({ problems }) => problems.length > 0);
  const { good } = output.colours;
  const lines = bad.flatMap(({ artifact, problems }) => [
    output.colours.bad(`${shortDigest(artifact.digest)}  ${artifact.package} ${artifact.version}`),
    ...problems.map(({ file, code, detail }) => `  ${code}  ${file}: ${detail}`),
  ]);
  const intact = kept.length - bad.length;
  return {
    json: results.map(({ artifact, problems }) => ({ digest: artifact.digest, problems })),
    text: [
      ...lines,
      (bad.length === 0 ? good : String)(`${intact} of ${counted(kept.length, 'artifact')} as kept`),
    ].join('\n'),
    exit: bad.length === 0 ? 0 : 1,
  };
}

async function withTrustedKeys<T>(fleetFile: string, work: (keyring: Keyring) => Promise<T>): Promise<T> {
  const fleet = await loadFleet(fleetFile);
  const keys = fleet.file.trustedKeys.map((file) => resolve(fleet.folder, file));
  if (fleet.file.signing === undefined) return Keyring.use(keys, work);
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-verify-'));
  try {
    const own = join(folder, 'own.asc');
    await writeFile(own, await publicKey(await findSigningKey(fleet)));
    return await Keyring.use([...keys, own], work);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
