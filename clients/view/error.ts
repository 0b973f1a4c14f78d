import { catalogue, type TidegateError } from '../../model/errors';
import { type Colours, plain } from './colours';
import { foldHosts } from './hosts';
import { printable } from './printable';

/**
 * An error as people read it: `CODE  detail`, the hosts it concerns folded to node sets, and what to type next.
 * @param width columns of the terminal; Infinity leaves lines whole
 */
export function errorText(error: TidegateError, width: number, colours: Colours = plain): string {
  const lines = [`${colours.bad(colours.strong(error.code))}  ${printable(error.facts.detail)}`];
  const hosts = error.facts.hosts ?? [];
  if (hosts.length > 0)
    lines.push(
      ...foldHosts(hosts, { width, indent: 2, label: `${hosts.length === 1 ? 'host' : 'hosts'}: ` }),
    );
  lines.push(
    ...printable(error.next)
      .split('\n')
      .map((line, index) => (index === 0 ? `next: ${line}` : `      ${line}`)),
  );
  return lines.join('\n');
}

/** The same for programs: one line of JSON, so that it is the last line of stderr whatever came before. */
export function errorJson(error: TidegateError): string {
  return JSON.stringify({
    error: {
      code: error.code,
      what: catalogue[error.code].what,
      detail: error.facts.detail,
      hosts: error.facts.hosts ?? [],
      next: error.next,
      retryable: error.retryable,
    },
  });
}
