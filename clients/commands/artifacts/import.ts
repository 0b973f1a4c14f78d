import { basename } from 'node:path';
import { TidegateError } from '../../../model/errors';
import { importOrder } from '../../../model/orders';
import { hasCode } from '../../../store/durable';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import type { ImportInput, ImportResult } from '../../../workflows/contract/build';
import { fleetName, runProcedure } from '../../procedure';
import { signOrder } from '../../sign-order';
import type { Invocation, Outcome } from '../../verb';
import { shortDigest } from '../../view/artifact';
import { counted } from '../../view/sums';

/** Hands a vendor's RPMs to the worker through the store; it accepts them all, or none. */
export async function run(invocation: Invocation<{ platform?: string }>): Promise<Outcome> {
  const { options, output, actor, arguments: paths } = invocation;
  const home = findHome(options.home);
  await invocation.confirm(`Import ${counted(paths.length, 'file')}?`);
  const files = new Files(home.files);
  const handed: ImportInput['files'][number][] = [];
  for (const path of paths) handed.push({ name: basename(path), sha256: await put(files, path) });
  const order = importOrder(await files.putJson(handed), options.platform);
  const input: ImportInput = {
    fleet: await fleetName(home),
    files: handed,
    platform: options.platform,
    actor,
    mandate: await signOrder(home, invocation, order),
  };
  const result = await runProcedure<ImportResult>(home, {
    workflow: 'importArtifacts',
    input,
    doing: `importing ${counted(paths.length, 'file')}`,
    output,
  });
  const lines = result.artifacts.map(
    ({ digest, package: name, version, platforms, already }) =>
      `${already ? 'In the store already:' : 'Imported'} ${name} ${version} for ${platforms.join(', ')}   artifact ${shortDigest(digest)}`,
  );
  return { json: result, text: [...lines, 'Next: tidegate rollout plan PLAN'].join('\n') };
}

async function put(files: Files, path: string): Promise<string> {
  try {
    return (await files.putFile(path)).digest;
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EACCES') && !hasCode(error, 'EISDIR')) throw error;
    throw new TidegateError('TG_FILE_MISSING', `${path} cannot be read`, { cause: error });
  }
}
