import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Made by the build, so that a worker starts without webpack. */
const bundleFile = join(packageFolder(), 'dist', 'workflow-bundle.js');

/** Bundles workflows/ into the one file that workers load. @returns its path. */
export async function makeWorkflowBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../workflows'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  mkdirSync(dirname(bundleFile), { recursive: true });
  writeFileSync(bundleFile, code);
  return bundleFile;
}

/** @returns the bundle that the build made, or makes it. */
export async function workflowBundle(): Promise<string> {
  return existsSync(bundleFile) ? bundleFile : makeWorkflowBundle();
}

/** The folder of package.json: code runs from dist/workers and, in tests, from workers. */
function packageFolder(): string {
  const above = dirname(__dirname);
  return existsSync(join(above, 'package.json')) ? above : dirname(above);
}

if (require.main === module) void makeWorkflowBundle();
