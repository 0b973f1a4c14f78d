import type { Actor } from '../model/actor';
import type { Output } from './output';

/** A noun of the command line and its verbs; a verb without a noun is declared on its own. */
export interface Noun {
  readonly name: string;
  readonly summary: string;
  readonly verbs: readonly Verb[];
  /** What the noun does when no verb of it is named: `tidegate run SELECTOR -- COMMAND`. */
  readonly own?: Verb;
}

/**
 * What `--help` needs to know of a verb, and where its code is. Declarations load nothing heavy, so that help
 * is instant; the code is loaded when the verb is run.
 */
export interface Verb {
  readonly name: string;
  /** One line for lists; `--help` of the verb also shows what follows. */
  readonly summary: string;
  /** As commander writes them: `<rollout>` is required, `[selector]` is not, `<hosts...>` are several. */
  readonly arguments?: readonly { readonly name: string; readonly summary: string }[];
  /** How the words stand, where commander cannot tell: `SELECTOR -- COMMAND`. */
  readonly usage?: string;
  readonly options?: readonly VerbOption[];
  /** Whole command lines, each with what it does. */
  readonly examples: readonly (readonly [commandLine: string, does: string])[];
  /** It changes something: it takes --yes, --reason and --ticket, and goes on when its reader goes away. */
  readonly changes?: boolean;
  /** It starts or approves: where the fleet has allowedSigners it takes --sign-with (clients/sign-order.ts). */
  readonly signed?: boolean;
  /** It takes --reason and --ticket, and does not ask: what was typed says all. */
  readonly recorded?: boolean;
  /** It takes `-o jsonl` too: a line of JSON for each host. */
  readonly jsonLines?: boolean;
  /** A verb that writes its result as it comes gives only its exit code. */
  readonly run: () => Promise<{ run(invocation: Invocation): Promise<Outcome | ExitCode | undefined> }>;
}

/** What `tidegate --help` lists together: a heading, and the names of verbs and nouns. */
export type HelpGroups = readonly (readonly [heading: string, names: readonly string[]])[];

export interface VerbOption {
  /** As commander writes them: `--until <time>`, `--fold`, `--hosts <selector>`. */
  readonly flags: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** Takes the text as given; throws TidegateError TG_USAGE when it is not what the option expects. */
  readonly parse?: (text: string, before: unknown) => unknown;
  readonly required?: boolean;
}

export interface GlobalOptions {
  readonly home?: string;
  readonly output: 'text' | 'json' | 'jsonl';
}

/** One run of a verb: what was typed, who typed it, and where to write. */
export interface Invocation<Options = Readonly<Record<string, unknown>>> {
  /** The arguments in order; absent optional ones are left out, several are flattened. */
  readonly arguments: readonly string[];
  readonly options: Options & GlobalOptions;
  readonly output: Output;
  readonly actor: Actor;
  /** The key file that signs: --sign-with, else $TIDEGATE_SIGN_WITH. */
  readonly signWith: string | undefined;
  /**
   * Asks a yes or no question on the terminal, unless --yes was given. @throws TG_CONFIRMATION_NEEDED when
   * there is no terminal, TG_DECLINED when the answer is not yes.
   */
  confirm(question: string): Promise<void>;
}

/** 0 done, 1 failed, 2 usage, 3 finished with hosts not done, 4 Temporal or the worker cannot be reached. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | typeof interrupted;

/** What shells expect of a command that Ctrl-C ended: 128 + SIGINT. */
export const interrupted = 130;

/** What a verb ends with: one value, as JSON for programs and drawn for people. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  /** It is somebody else's text, or about another home: what looks like a command in it stays as it is. */
  readonly verbatim?: boolean;
  readonly exit?: ExitCode;
}
