import { TidegateError } from '../model/errors';
import { keyTypeText } from './host-key';
import type { PinnedKey, Pins, Verdict } from './known-hosts';
import { type Target, targetText } from './target';

/** @returns the error for a key that is not trusted, with everything a person needs to tell a rebuilt host from an attack. */
export function hostKeyError(target: Target, verdict: Verdict): TidegateError {
  const { type, fingerprint } = verdict.offered;
  const lines = [
    `${targetText(target)}: ${sentences[verdict.kind]}`,
    ...verdict.pinned.map(
      (key) => `  ${verdict.kind === 'revoked' ? 'revoked ' : 'pinned  '} ${pinnedText(key)}`,
    ),
    `  offered  ${keyTypeText(type)} ${fingerprint}${cloneHint(verdict.alsoPinnedFor)}`,
    'Disconnected before login; nothing was sent.',
  ];
  return new TidegateError(verdict.kind === 'revoked' ? 'TG_HOST_KEY_REVOKED' : 'TG_HOST_KEY_CHANGED', {
    detail: lines.join('\n'),
    hosts: [target.name],
    next: verdict.kind === 'revoked' ? undefined : acceptText(target.name, 'Rebuilt? ', type, fingerprint),
  });
}

/** @returns the error for a host without a pinned key. It is not connected to: its key would prove nothing. */
export function hostKeyUnknown(target: Target, pins: Pins, files: readonly string[]): TidegateError {
  const lines = [
    `${targetText(target)}: no key is pinned for ${namesText(target)} in ${files.join(', ')}; not connected`,
    ...pins.authorities.map(
      (key) =>
        `  ${key.file}:${key.line} trusts a certificate authority for it: host certificates are not supported`,
    ),
  ];
  return new TidegateError('TG_HOST_KEY_UNKNOWN', {
    detail: lines.join('\n'),
    hosts: [target.name],
    next: acceptText(target.name, '', 'ssh-ed25519', 'SHA256:…'),
  });
}

const sentences: Record<Verdict['kind'], string> = {
  trusted: 'the host key is the pinned one',
  unknown: 'no key is pinned for the host',
  changed: 'the host key is not the pinned one',
  revoked: 'the host key is revoked',
};

function pinnedText(key: PinnedKey): string {
  const comment = printable(key.comment);
  return `${keyTypeText(key.type)} ${key.fingerprint}  ${comment === '' ? '' : `${comment}, `}${key.file}:${key.line}`;
}

/** Comments come from files that others may write: no control characters reach a terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, LONGEST_COMMENT);
}

const LONGEST_COMMENT = 80;

function cloneHint(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, NAMES_SHOWN).map(printable).join(', ');
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return `  also pinned for ${shown}${more}: a clone?`;
}

const NAMES_SHOWN = 5;

function acceptText(name: string, question: string, type: string, fingerprint: string): string {
  const file = `/etc/ssh/ssh_host_${keyTypeText(type).toLowerCase()}_key.pub`;
  return [
    `${question}On its console: ssh-keygen -lf ${file} ; if equal:`,
    `  tidegate hostkeys accept ${name} --fingerprint ${fingerprint} --reason …`,
    ...(question === '' ? [] : ['Not rebuilt? Treat it as an attack; nothing goes to this host.']),
  ].join('\n');
}

function namesText(target: Target): string {
  return target.name === target.address ? target.name : `${target.name} or ${target.address}`;
}
