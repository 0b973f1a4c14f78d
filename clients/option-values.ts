import { TidegateError } from '../model/errors';

/** @returns the number that an option was given. @throws TG_USAGE when it is not a whole number from 1. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new TidegateError('TG_USAGE', `'${text}' is not a whole number from 1`);
}
