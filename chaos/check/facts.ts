import { ask } from '../../lab/demo/ask';
import { quote } from '../../ssh/quote';
import { packageName } from '../package';
import type { Setting } from '../setting';

/** A transaction that the host's rpm was asked for, by the host's own log. */
export interface RpmCall {
  /** The folder that it was called from. */
  readonly folder: string;
  readonly words: readonly string[];
  readonly beganMs: number;
  /** Absent when its host died before it was over. */
  readonly endedMs?: number;
  readonly code?: number;
}

/** An operation's directory on the host. */
export interface OperationFacts {
  readonly id: string;
  readonly beganMs: number;
  /** Of its result; absent when it has none: it runs, or was lost. */
  readonly endedMs?: number;
  readonly outcome?: string;
}

/** What a host says of itself, over plain OpenSSH. */
export interface HostFacts {
  readonly host: string;
  readonly head: string;
  readonly calls: readonly RpmCall[];
  readonly operations: readonly OperationFacts[];
  /** Of each version that rpm has: `2-1 <digest of its header>`. */
  readonly installed: readonly string[];
  /** What the package's own file says. */
  readonly version: string;
  /** Lines of rpm -V. */
  readonly differs: readonly string[];
}

/** Files by their times, in seconds with fractions; all in one go. */
const look = `
rpm=/usr/lib/tidegate-lab/rpm
cat /srv/rpm-calls.log 2>/dev/null
printf 'head\\t%s\\n' "$(cat /var/lib/tidegate/head 2>/dev/null || echo none)"
$rpm -q --qf 'installed\\t%{VERSION}-%{RELEASE} %{SHA256HEADER}\\n' ${packageName} | grep ^installed
printf 'version\\t%s\\n' "$(cat /opt/${packageName}/version 2>/dev/null)"
$rpm -V ${packageName} 2>&1 | sed 's/^/differs\\t/'
for id in /var/lib/tidegate/operations/*; do
  [ -f "$id/request" ] || continue
  printf 'operation\\t%s\\t%s\\t' "\${id##*/}" "$(stat -c %.9Y "$id/request")"
  if [ -f "$id/result" ]; then printf '%s\\t%s\\n' "$(stat -c %.9Y "$id/result")" "$(sed -n 's/^outcome //p' "$id/result")"; else echo; fi
done
echo complete`;

/** @returns what each host says; a host that cannot be asked is left out. */
export async function askHosts({ lab }: Setting): Promise<Map<string, HostFacts>> {
  const answers = await ask(lab, lab.hosts, `sudo sh -c ${quote(look)}`);
  const facts = new Map<string, HostFacts>();
  for (const [host, text] of answers) if (text.endsWith('complete')) facts.set(host, parseFacts(host, text));
  return facts;
}

/** @param text - what `look` printed. */
function parseFacts(host: string, text: string): HostFacts {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const of = (kind: string) => lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  return {
    host,
    head: of('head')[0]?.[0] ?? 'none',
    calls: callsOf(lines),
    operations: of('operation').map(([id, began, ended, outcome]) => ({
      id: id!,
      beganMs: Number(began) * 1000,
      ...(ended ? { endedMs: Number(ended) * 1000, outcome } : {}),
    })),
    installed: of('installed').map(([said]) => said!),
    version: of('version')[0]?.[0] ?? '',
    differs: of('differs').map(([line]) => line!),
  };
}

/** Joins what the two witnesses wrote; a PID comes again after a boot, and its first line then is `in`. */
function callsOf(lines: readonly (readonly string[])[]): RpmCall[] {
  const folders = new Map<string, string>();
  const open = new Map<string, { -readonly [K in keyof RpmCall]: RpmCall[K] }>();
  const calls: RpmCall[] = [];
  for (const [what, ns, pid, ...rest] of lines) {
    if (what === 'in') folders.set(pid!, rest[0]!);
    if (what === 'begin' && !rest.includes('--test')) {
      const call = { folder: folders.get(pid!) ?? '', words: rest, beganMs: Number(ns) / 1e6 };
      open.set(pid!, call);
      calls.push(call);
    }
    const call = what === 'end' ? open.get(pid!) : undefined;
    if (!call) continue;
    Object.assign(call, { endedMs: Number(ns) / 1e6, code: Number(rest[0]) });
    open.delete(pid!);
  }
  return calls;
}
