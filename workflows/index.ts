/** What the worker bundles: every workflow by the name that clients start it with. */
export { build, importArtifacts, pinRecipe } from './build';
export { checkHosts } from './check-hosts';
export { clearHost, examineHost } from './examine-host';
export { acceptHostKey } from './host-key';
export { owed } from './owed';
export { checkRollout, planRollout } from './plan';
export { release } from './release';
export { rollout } from './rollout';
export { run } from './run';
export { wave } from './wave';
