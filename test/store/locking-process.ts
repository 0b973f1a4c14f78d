import { lockState } from '../../store/lock';

/** Takes the lock in argv[2] as the command in argv[3], says so, and keeps it until it is killed. */
async function holdForEver(lockFile: string, command = 'tidegate worker'): Promise<void> {
  await lockState(lockFile, {
    machine: 'elsewhere',
    pid: process.pid,
    since: '2026-03-02T22:00:00Z',
    command,
  });
  console.log('locked');
  setInterval(() => {}, 1_000_000);
}

void holdForEver(process.argv[2]!, process.argv[3]);
