/** What shells and systemd expect of a process that a signal ended: 128 + SIGINT. */
const endedBySignal = 130;

/**
 * The first SIGINT or SIGTERM asks to stop; the second ends the process at once (operations on hosts are detached,
 * and go on either way).
 * @param say - told what a second signal would do
 */
export function stopOnSignal(say: (line: string) => void): AbortSignal {
  const asked = new AbortController();
  const onSignal = () => {
    if (asked.signal.aborted) process.exit(endedBySignal);
    say('stopping; once more ends it at once');
    asked.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return asked.signal;
}
