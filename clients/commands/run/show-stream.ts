import type { Home } from '../../../store/home';
import { followRunStream } from '../../../store/run-stream';
import type { Output } from '../../output';
import { oneLine } from '../../view/printable';

/** A line longer than this is shown in pieces: a host that sends no line break is not waited for. */
const longestLine = 8 * 1024;

/** Writes what hosts print as it comes, each line behind the name of its host; stderr's lines to stderr. */
export async function showStream(
  home: Home,
  run: string,
  over: () => boolean,
  output: Output,
): Promise<void> {
  const begun = new Map<string, string>();
  const write = (host: string, stream: string, line: string) => {
    const text = `${host}: ${oneLine(line)}`;
    if (stream === 'stdout') output.write(`${text}\n`);
    else output.note(text);
  };
  for await (const { host, stream, bytes } of followRunStream(home.state, run, over)) {
    const key = `${stream} ${host}`;
    const lines = `${begun.get(key) ?? ''}${bytes.toString('utf8')}`.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) write(host, stream, line);
    if (rest.length > longestLine) write(host, stream, rest);
    begun.set(key, rest.length > longestLine ? '' : rest);
  }
  for (const [key, rest] of begun) {
    const [stream = '', host = ''] = key.split(' ');
    if (rest !== '') write(host, stream, rest);
  }
}
