import { z } from 'zod';
import { parseOperationAnswer, parseStageAnswer } from './host-answer';
import { chapterSchema } from './host-story';
import { installedSchema } from './ledger';

const operationStates = ['running', 'lost', 'done', 'unknown'] as const;
type OperationState = (typeof operationStates)[number];

/** What a host said to ops/examine.sh. */
const examinationSchema = z.object({
  /** The last operation on the host, or `none`, and where that one is. */
  head: z.string(),
  last: z.enum(operationStates),
  /** Where the operation is that was asked about; `unknown`: it is not on the host. */
  operation: z.enum(operationStates),
  outcome: z.string().optional(),
  failed: z.object({ code: z.string(), detail: z.string() }).optional(),
  installed: z.array(installedSchema),
  absent: z.array(z.string()),
  /** What `rpm -V` says of the files of these packages. */
  differs: z.array(z.string()),
  /** The end of the operation's log, as it is on the host. */
  log: z.string().optional(),
});
export type Examination = z.infer<typeof examinationSchema>;

/** What `hosts examine` shows: the ledger's word on a host, and the host's own when it can be asked. */
export const examinedSchema = z.object({
  host: z.string(),
  /** What each rollout tells of it, the newest first. */
  chapters: z.array(chapterSchema),
  /** The rollouts and runs for which it has a slot now. */
  slots: z.array(z.string()),
  found: examinationSchema.optional(),
  /** Why the host could not be asked. */
  notAsked: z.object({ code: z.string(), detail: z.string() }).optional(),
});
export type Examined = z.infer<typeof examinedSchema>;

/** @returns what the host said; why it is of no use, when it is of none. */
export function parseExamination(
  text: string,
): Examination | { readonly refused: { code: string; detail: string } } {
  const logAt = text.indexOf('\nlog\n');
  const facts = logAt < 0 ? text : text.slice(0, logAt + 1);
  const packages = parseStageAnswer(facts);
  const { state, outcome, failed } = parseOperationAnswer(facts);
  if (packages.refused) return { refused: packages.refused };
  const last = /^last (\w+)$/m.exec(facts)?.[1];
  if (!packages.complete || packages.head === '' || !isKnown(last) || !isKnown(state))
    return {
      refused: { code: 'TG_HOST_ANSWER', detail: 'the host answered what our shell does not print' },
    };
  return {
    head: packages.head,
    last,
    operation: state,
    outcome,
    failed,
    installed: [...packages.installed],
    absent: [...packages.absent],
    differs: [...facts.matchAll(/^differs (.*)$/gm)].map(([, line = '']) => printable(line)),
    log: logAt < 0 ? undefined : printable(text.slice(logAt + 5)),
  };
}

const isKnown = (text: string | undefined): text is OperationState =>
  operationStates.some((known) => known === text);

/** Escape sequences and NULs of a host never reach a person's terminal. */
const printable = (text: string) => text.replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, '?').slice(0, 8192);
