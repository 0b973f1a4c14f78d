import { hasCode } from './durable';

/** Whether a process of this ID is there, ours or another account's. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
