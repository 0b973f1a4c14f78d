import { StringDecoder } from 'node:string_decoder';
import type { RunStreamReader } from '../../../store/run-stream';
import type { Output } from '../../output';
import { oneLine } from '../../view/printable';

/** A line longer than this is shown in pieces: a host that sends no line break is not waited for. */
const longestLine = 8 * 1024;

/** Writes what hosts print as it comes, each line behind the name of its host; stderr's lines to stderr. */
export async function showStream(
  reader: RunStreamReader,
  over: () => boolean,
  output: Output,
): Promise<void> {
  const begun = new Map<string, { decoder: StringDecoder; text: string }>();
  const write = (host: string, stream: string, line: string) => {
    const text = `${host}: ${oneLine(line)}`;
    if (stream === 'stdout') output.write(`${text}\n`);
    else output.note(text);
  };
  for await (const { host, stream, bytes } of reader.follow(over)) {
    const key = `${stream} ${host}`;
    const line = begun.get(key) ?? { decoder: new StringDecoder('utf8'), text: '' };
    begun.set(key, line);
    const lines = `${line.text}${line.decoder.write(bytes)}`.split('\n');
    line.text = lines.pop() ?? '';
    for (const whole of lines) write(host, stream, whole);
    if (line.text.length > longestLine) {
      write(host, stream, line.text);
      line.text = '';
    }
  }
  for (const [key, { decoder, text }] of begun) {
    const [stream = '', host = ''] = key.split(' ');
    const rest = text + decoder.end();
    if (rest !== '') write(host, stream, rest);
  }
}
