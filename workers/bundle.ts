import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Code runs from dist/workers and, in tests, from workers. */
const fromSources = extname(__filename) === '.ts';
const packageFolder = join(__dirname, fromSources ? '..' : '../..');

/** Made by the build, so that a worker starts without webpack. */
const bundleFile = join(packageFolder, 'dist', 'workflow-bundle.js');

/** What a workflow is made of. */
const rooms = ['workflows', 'model'];

/** Bundles workflows/ into the one file that workers load; whole or not at all. @returns its path. */
async function makeWorkflowBundle(): Promise<string> {
  const quiet = () => {};
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../workflows'),
    logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: console.warn, error: console.error },
  });
  mkdirSync(dirname(bundleFile), { recursive: true });
  const half = `${bundleFile}.${process.pid}`;
  writeFileSync(half, code);
  renameSync(half, bundleFile);
  return bundleFile;
}

/** @returns the bundle that the build made; in tests, one that is not older than the sources. */
export async function workflowBundle(): Promise<string> {
  const usable = existsSync(bundleFile) && !(fromSources && isStale());
  return usable ? bundleFile : makeWorkflowBundle();
}

function isStale(): boolean {
  const madeMs = statSync(bundleFile).mtimeMs;
  return rooms
    .flatMap((room) =>
      readdirSync(join(packageFolder, room), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      ),
    )
    .some(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs > madeMs);
}

if (require.main === module) void makeWorkflowBundle();
