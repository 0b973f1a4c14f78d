/**
 * Loaded with `node -r`: kills the process before rename number $KILLED_AT that names $KILLED_IN, as a power cut would.
 * For a restore, whose moves are too short to be hit from outside.
 */
const files = require('node:fs/promises');

const { rename } = files;
let left = Number(process.env.KILLED_AT ?? -1);
files.rename = async (from, to) => {
  const isMeant = [from, to].some((path) => path.startsWith(process.env.KILLED_IN ?? 'nowhere'));
  if (isMeant && left-- === 0) process.kill(process.pid, 'SIGKILL');
  return rename(from, to);
};
