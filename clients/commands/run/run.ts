import { createReadStream } from 'node:fs';
import { TidegateError } from '../../../model/errors';
import type { AnsweredRun } from '../../../model/run-record';
import type { RunTask } from '../../../model/run-request';
import { Files } from '../../../store/files';
import { findHome, type Home } from '../../../store/home';
import { RunStreamReader } from '../../../store/run-stream';
import { askToGoOn } from '../../confirm';
import { waitsLine } from '../../follow-run';
import { runOnHosts, type Starter } from '../../run-on-hosts';
import { outputBytes, shortRunId } from '../../runs';
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
  let id = '';
  let over = false;
  const watcher: Starter = {
    async started(run) {
      id = run;
      if (!streaming) return;
      streamed = showStream(await RunStreamReader.open(home.state, run), () => over, output);
      streamed.catch((error: unknown) => output.note(`the stream ended: ${String(error)}`));
    },
    goOn: (record, elsewhere) => askAfterCanary(home, invocation, { id, record }, elsewhere),
  };
  const doing = `'${command}' on '${selector}'`;
  const known = await runOnHosts(home, invocation, request, doing, watcher).finally(() => {
    over = true;
  });
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
  { id, record }: { id: string; record: AnsweredRun },
  elsewhere: AbortSignal,
): Promise<boolean | undefined> {
  const hosts = record.started?.hosts ?? 0;
  const { width, colours } = output;
  const options = { id: shortRunId(id), width, colours, diff: false };
  output.note(await runText(record, (kept) => outputBytes(home, kept), options));
  try {
    await askToGoOn(`Go on with the other ${counted(hosts - record.outcomes.size, 'host')}?`, elsewhere);
    return true;
  } catch (error) {
    if (elsewhere.aborted) return undefined;
    if (error instanceof TidegateError && error.code === 'TG_DECLINED') return false;
    output.note(waitsLine(id));
    return undefined;
  }
}
