import { mutated } from '../../fuzz/input';
import { mustHold, type Target } from '../../fuzz/target';
import { TidegateError } from '../../model/errors';

const input = mutated([Buffer.from('a line of text\n'), Buffer.from('another one\n')]);
const open = (broken: () => void) => () => (bytes: Uint8Array) => {
  if (Buffer.from(bytes).includes('\u001b')) broken();
};

/** Readers that fail at an escape sequence, each in its own way. */
export const targets: readonly Target[] = [
  {
    name: 'throws',
    input,
    open: open(() => {
      throw new TypeError('no text');
    }),
  },
  { name: 'untrue', input, open: open(() => mustHold(false, 'what is read is text')) },
  {
    name: 'hangs',
    input,
    open: open(() => {
      for (;;);
    }),
  },
  {
    name: 'fills',
    input,
    open: open(() => {
      const all: number[][] = [];
      for (;;) all.push(new Array<number>(100_000).fill(0.5));
    }),
  },
  {
    name: 'refuses',
    input,
    open: open(() => {
      throw new TidegateError('TG_FILE_INVALID', 'an escape sequence');
    }),
  },
];
