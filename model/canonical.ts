import { TidegateError } from './errors';

/**
 * JSON with one spelling for one value, so that its digest or signature names the value: keys sorted by UTF-16
 * code unit, no white space, numbers as ECMAScript writes them (RFC 8785). Keys whose value is undefined are left
 * out, as JSON.stringify does.
 * @throws TG_INTERNAL with the path, for what JSON would change silently: NaN, infinities, integers beyond 2^53,
 * undefined inside an array, and anything but plain objects (a Date, a Map).
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return writeNumber(value, path);
  if (Array.isArray(value))
    return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`)).join(',')}]`;
  if (isPlainObject(value)) return writeObject(value, path);
  throw refuse(path, typeof value === 'object' ? 'an object with a class' : typeof value);
}

function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw refuse(path, String(value));
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw refuse(path, `${value}, beyond what a number holds exactly`);
  return JSON.stringify(value);
}

function writeObject(value: Record<string, unknown>, path: string): string {
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key], `${path}.${key}`)}`);
  return `{${members.join(',')}}`;
}

/** Also true for plain objects of another realm, such as a workflow's sandbox or jest's. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refuse(path: string, found: string): TidegateError {
  return new TidegateError('TG_INTERNAL', `canonical JSON cannot hold ${found} (at ${path})`);
}
