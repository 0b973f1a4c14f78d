/** What shells and systemd expect of a process that a signal ended: 128 + SIGINT. */
const endedBySignal = 130;

/** Activities are given 20 s to report (workers/serve.ts), the embedded server 10 s to end; what takes longer hangs. */
const endWithinMs = 40_000;
/** What follows an operation on a host sleeps for up to a minute; nobody waits for it any more. */
const lingerMs = 500;

/**
 * The first SIGINT or SIGTERM asks to stop; the second ends the process at once, and so does the time within which it
 * should have stopped (operations on hosts are detached, and go on either way).
 * @param say - told what a second signal would do
 */
export function stopOnSignal(say: (line: string) => void, withinMs = endWithinMs): AbortSignal {
  const asked = new AbortController();
  const onSignal = () => {
    if (asked.signal.aborted) process.exit(endedBySignal);
    say('stopping; once more ends it at once');
    asked.abort();
    setTimeout(() => process.exit(endedBySignal), withinMs).unref();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return asked.signal;
}

/** Ends the process a moment after its command: whatever still waits in it waits for nothing. */
export function endSoon(): void {
  setTimeout(() => process.exit(), lingerMs).unref();
}
