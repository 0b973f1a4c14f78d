/** Epoch, version and release of a package, as rpm's header has them; a missing epoch is 0. */
interface Evr {
  readonly epoch?: string;
  readonly version: string;
  readonly release: string;
}

/**
 * rpm's order of versions (rpm's rpmvercmp; rules in rpm-version(7)).
 * Runs of digits and of letters are compared in turn; digits beat letters; `~` sorts before everything, even the
 * end; `^` after the end but before any further segment. Digits are compared by length, never as integers.
 * @returns -1, 0 or 1
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 {
  let left = a;
  let right = b;
  for (;;) {
    left = left.replace(/^[^A-Za-z0-9~^]+/, '');
    right = right.replace(/^[^A-Za-z0-9~^]+/, '');
    if (left.startsWith('~') || right.startsWith('~')) {
      if (!left.startsWith('~')) return 1;
      if (!right.startsWith('~')) return -1;
    } else if (left.startsWith('^') || right.startsWith('^')) {
      if (left === '') return -1;
      if (right === '') return 1;
      if (!left.startsWith('^')) return 1;
      if (!right.startsWith('^')) return -1;
    } else if (left === '' || right === '') {
      if (left === right) return 0;
      return left === '' ? -1 : 1;
    } else {
      const numeric = /^\d/.test(left);
      const run = numeric ? /^\d*/ : /^[A-Za-z]*/;
      const [first] = run.exec(left)!;
      const [second] = run.exec(right)!;
      // Of two kinds, the number is newer.
      if (second === '') return numeric ? 1 : -1;
      const order = numeric ? compareDigits(first, second) : sign(first, second);
      if (order !== 0) return order;
      left = left.slice(first.length);
      right = right.slice(second.length);
      continue;
    }
    left = left.slice(1);
    right = right.slice(1);
  }
}

/** Epoch first (as a number), then version, then release. */
export function compareEvr(a: Evr, b: Evr): -1 | 0 | 1 {
  const epochs = compareDigits(epochOf(a), epochOf(b));
  return epochs || compareVersions(a.version, b.version) || compareVersions(a.release, b.release);
}

/** Reads `[epoch:]version[-release]`. */
export function parseEvr(text: string): Evr {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '0' : text.slice(0, colon),
    version: dash < 0 ? rest : rest.slice(0, dash),
    release: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

const epochOf = ({ epoch }: Evr) => (epoch === undefined || epoch === '' || epoch === '(none)' ? '0' : epoch);

function compareDigits(a: string, b: string): -1 | 0 | 1 {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return sign(left, right);
}

const sign = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
