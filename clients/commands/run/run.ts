import { createReadStream } from 'node:fs';
import { TidegateError } from '../../../model/errors';
import type { RunRecord } from '../../../model/run-record';
import type { RunTask } from '../../../model/run-request';
import { Files } from '../../../store/files';
import { findHome, type Home } from '../../../store/home';
import { askToGoOn } from '../../confirm';
import { runOnHosts, type Watcher } from '../../run-on-hosts';
import { outputBytes } from '../../runs';
import type { ExitCode, Invocation } from '../../verb';
import { runText } from '../../view/run/groups';
import { counted } from '../../view/sums';
import { type RunOptions, readJobFile, requestOptions } from './options';
import { showRun } from './show-run';
import { showStream } from './show-stream';

interface CommandOptions extends RunOptions {
  readonly stdin?: string;
  readonly env?: readonly string[];
  readonly batchThenAsk?: number;
  readonly diff?: boolean;
  readonly stream?: boolean;
}

/** Runs a command on hosts, and shows what they answered; exit code 3 when any of them is not ok. */
export async function run(invocation: Invocation<CommandOptions>): Promise<ExitCode> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  const { selector, command } = await whatAndWhere(invocation);
  const streaming = options.stream === true && output.format === 'text';
  const request = {
    ...requestOptions(options),
    selector,
    task: await taskOf(home, command, options),
    canary: options.batchThenAsk ?? 0,
    stream: streaming,
  };
  let streamed: Promise<void> | undefined;
  const watcher: Watcher = {
    started(id, over) {
      if (streaming) {
        streamed = showStream(home, id, over, output);
        streamed.catch((error: unknown) => output.note(`the stream ended: ${String(error)}`));
      }
    },
    goOn: (record) => askAfterCanary(home, invocation, record),
  };
  const known = await runOnHosts(home, invocation, request, `'${command}' on '${selector}'`, watcher);
  await streamed;
  return showRun(home, known, invocation, { troubles: streaming, diff: options.diff === true });
}

async function whatAndWhere({
  arguments: words,
  options,
}: Invocation<CommandOptions>): Promise<{ selector: string; command: string }> {
  if (options.file === undefined) {
    const [selector, ...command] = words;
    if (selector === undefined || command.length === 0)
      throw new TidegateError('TG_USAGE', {
        detail: selector === undefined ? 'no hosts are named' : 'no command is given',
        next: `tidegate run ${selector ?? 'SELECTOR'} -- COMMAND`,
      });
    return { selector, command: command.join(' ') };
  }
  const { selector, command = words.join(' ') } = await readJobFile(options.file);
  if (command === '' || (command !== words.join(' ') && words.length > 0))
    throw new TidegateError('TG_USAGE', {
      detail:
        command === ''
          ? `${options.file} has no line command: …`
          : `the command is in ${options.file} already`,
      next: `tidegate run --file ${options.file}`,
    });
  return { selector, command };
}

async function taskOf(home: Home, command: string, { stdin, env = [] }: CommandOptions): Promise<RunTask> {
  const environment: Record<string, string> = {};
  for (const given of env) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(given) ?? [];
    if (name === undefined || value === undefined)
      throw new TidegateError('TG_USAGE', `'${given}' is not NAME=VALUE`);
    environment[name] = value;
  }
  if (stdin === undefined) return { verb: 'run', command, environment };
  const source = stdin === '-' ? process.stdin : createReadStream(stdin);
  const stored = await new Files(home.files).putStream(source).catch((cause: unknown) => {
    if (cause instanceof TidegateError) throw cause;
    throw new TidegateError('TG_FILE_MISSING', stdin, { cause });
  });
  return { verb: 'run', command, environment, stdin: stored.digest };
}

/**
 * Shows what the first hosts answered, and asks for the others.
 * @returns undefined when there is no terminal to ask on: it waits for `run go-on` or `run stop`.
 */
async function askAfterCanary(
  home: Home,
  { output }: Invocation<CommandOptions>,
  record: RunRecord,
): Promise<boolean | undefined> {
  const hosts = record.started?.hosts ?? 0;
  const { width, colours } = output;
  const options = { id: '', width, colours, diff: false };
  output.note(await runText(record, (kept) => outputBytes(home, kept), options));
  try {
    await askToGoOn(`Go on with the other ${counted(hosts - record.results.size, 'host')}?`);
    return true;
  } catch (error) {
    if (error instanceof TidegateError && error.code === 'TG_DECLINED') return false;
    output.note('It waits.   In another terminal: tidegate run go-on, or tidegate run stop');
    return undefined;
  }
}
