import { parseEndedBuild } from '../../model/build-answer';
import { isErrorCode } from '../../model/errors';
import { parseExamination } from '../../model/examination';
import { parseOperationAnswer, parseStageAnswer } from '../../model/host-answer';
import { judgeHost } from '../../model/host-check';
import { parsePushAnswer } from '../../model/push-answer';
import { texts } from '../input';
import * as samples from '../samples/answers';
import { mustHold, type Target } from '../target';

const asked = { fromMs: 1_772_445_600_000, toMs: 1_772_445_601_000 };
const expected = { name: 'web1', account: 'tidegate', platform: 'debian12-x86_64' };

/** What hosts say, which may be anything: it comes from machines that others hold. */
export const answers: readonly Target[] = [
  answer('stage', samples.stage, (text) => {
    const { free, ...said } = parseStageAnswer(text);
    mustBePrintable(said);
    for (const { bytes } of free) mustHold(bytes >= 0 && Number.isFinite(bytes), `${bytes} bytes are free`);
    for (const one of said.installed)
      mustHold(
        Object.values(one).every((word) => word !== ''),
        'each part of an installed package is said',
      );
  }),
  answer('operation', samples.operation, (text) => {
    const { log: _log, ...said } = parseOperationAnswer(text);
    mustBePrintable(said);
    mustHold(said.state !== 'done' || said.outcome !== undefined, 'done comes with an outcome');
    mustHold(said.state !== 'refused' || said.refused !== undefined, 'refused comes with a reason');
    mustHold(said.outcome === undefined || /^(ok|TG_[A-Z_]+)$/.test(said.outcome), 'an outcome is a code');
  }),
  answer('examination', samples.examination, (text) => {
    const said = parseExamination(text);
    mustBePrintable('refused' in said ? said : { ...said, log: said.log?.replaceAll('\n', ' ') });
  }),
  answer('check', samples.check, (text) => {
    const findings = judgeHost(text, expected, asked);
    mustBePrintable(findings);
    for (const { code } of findings) mustHold(isErrorCode(code) || / /.test(code), `${code} is known`);
    mustHold(/^done=yes$/m.test(text) || findings.length > 0, 'an answer that is cut is a problem');
  }),
  answer('build', samples.build, (text) => {
    const said = parseEndedBuild(text.split('\n').slice(0, -1));
    mustBePrintable(said ?? {});
    for (const { path, file, sizeBytes } of said?.rpms ?? []) {
      mustHold(!/(^|\/)[.-]/.test(path), `${path} is below RPMS, and no option`);
      mustHold(!file.includes('/') && Number.isSafeInteger(sizeBytes), `${file} is a file's name`);
    }
  }),
  answer('push', samples.push, (text) => {
    const { wanted, ...said } = parsePushAnswer(text);
    mustBePrintable(said);
    mustHold(wanted.every(Number.isInteger), 'entries are numbers');
  }),
];

function answer(name: string, lines: readonly string[], read: (text: string) => void): Target {
  return {
    name: `answer-${name}`,
    input: texts(lines),
    open: () => (input) => read(Buffer.from(input).toString()),
  };
}

/** No escape sequence of a host's reaches a terminal, and no text of it is long. */
function mustBePrintable(said: unknown): void {
  visit(said);
}

function visit(value: unknown): void {
  if (typeof value === 'string') {
    mustHold(!/[\p{Cc}\p{Cf}]/u.test(value), `${JSON.stringify(value.slice(0, 80))} is printable`);
    mustHold(value.length <= 8192, `${value.length} characters are few`);
  } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
}
