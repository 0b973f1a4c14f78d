import { readFile, stat } from 'node:fs/promises';
import { types } from 'node:util';
import { TidegateError } from '../model/errors';
import { fingerprint, keyType } from './host-key';
import { KnownHostsIndex } from './known-hosts-index';
import { type DamagedLine, type KnownHostsLine, lookupForm } from './known-hosts-line';
import type { Target } from './target';

/** A key that known_hosts holds for a host, with where it stands. */
export interface PinnedKey {
  readonly type: string;
  readonly fingerprint: string;
  readonly comment: string;
  readonly file: string;
  readonly line: number;
}

export interface Verdict {
  readonly kind: 'trusted' | 'unknown' | 'changed' | 'revoked';
  readonly offered: { readonly type: string; readonly fingerprint: string };
  /** What is pinned for the host; for `revoked`, the lines that revoke the key. */
  readonly pinned: readonly PinnedKey[];
  /** Other names that the offered key is pinned for: clones that share a key. */
  readonly alsoPinnedFor: readonly string[];
}

/** All that known_hosts says of one host. */
export interface Pins {
  readonly pinned: readonly PinnedKey[];
  /** Types of the pinned keys, to be asked for first. */
  readonly types: ReadonlySet<string>;
  /** `@cert-authority` lines that mean the host: recognised, but ssh2 cannot check host certificates. */
  readonly authorities: readonly PinnedKey[];
  verdict(offered: Buffer): Verdict;
}

/**
 * OpenSSH known_hosts files, read again when they change, so that a key accepted while the worker runs counts at
 * the next connection (DESIGN.md, decisions 8 and 9). The first file may not exist yet: `hostkeys accept` makes it.
 */
export class KnownHosts {
  readonly #watched: readonly WatchedFile[];

  constructor(readonly files: readonly string[]) {
    this.#watched = files.map((file, index) => new WatchedFile(file, index > 0));
  }

  /**
   * The fleet's name for a host decides; only when no key is pinned for it does its address (what lives at an
   * address may change). A revocation counts under either. Ports other than 22 need `[name]:port`: unlike ssh(1), no
   * other port's key is taken, because several hosts may stand behind one address.
   * @throws TidegateError TG_FILE_MISSING, TG_FILE_INVALID (a damaged @revoked line must not pass unseen)
   */
  async pins(target: Target): Promise<Pins> {
    const indexes = await this.#indexes();
    const find = async (name: string) =>
      (await Promise.all(indexes.map((index) => index.linesFor(lookupForm(name, target.port))))).flat();
    const byName = await find(target.name);
    const byAddress = target.address === target.name ? [] : await find(target.address);
    const plain = (lines: KnownHostsLine[]) => lines.filter((line) => line.marker === undefined);
    const pinned = plain(byName).length > 0 ? plain(byName) : plain(byAddress);
    const marked = [...new Set([...byName, ...byAddress])];
    return makePins(
      target,
      indexes,
      pinned,
      marked.filter((line) => line.marker === 'revoked'),
      marked.filter((line) => line.marker === 'cert-authority'),
    );
  }

  /** @returns what changes whenever one of the files does. @throws TidegateError TG_FILE_MISSING */
  async stamp(): Promise<string> {
    return (await Promise.all(this.#watched.map((file) => file.stampNow()))).join('\n');
  }

  /** @returns the lines that cannot be used, for `hostkeys check` and `doctor`. */
  async damaged(): Promise<DamagedLine[]> {
    return (await this.#indexes()).flatMap((index) => index.damaged);
  }

  async #indexes(): Promise<KnownHostsIndex[]> {
    return Promise.all(this.#watched.map((file) => file.index()));
  }
}

function makePins(
  target: Target,
  indexes: readonly KnownHostsIndex[],
  pinned: readonly KnownHostsLine[],
  revoked: readonly KnownHostsLine[],
  authorities: readonly KnownHostsLine[],
): Pins {
  const judge = (offered: Buffer): Pick<Verdict, 'kind' | 'pinned'> => {
    const is = (line: KnownHostsLine) => Buffer.from(line.key, 'base64').equals(offered);
    const revoking = revoked.filter(is);
    if (revoking.length > 0) return { kind: 'revoked', pinned: revoking.map(pinnedKey) };
    const kind = pinned.some(is) ? 'trusted' : pinned.length > 0 ? 'changed' : 'unknown';
    return { kind, pinned: pinned.map(pinnedKey) };
  };
  return {
    pinned: pinned.map(pinnedKey),
    types: new Set(pinned.map((line) => line.type)),
    authorities: authorities.map(pinnedKey),
    verdict: (offered) => {
      const judged = judge(offered);
      return {
        ...judged,
        offered: { type: keyType(offered), fingerprint: fingerprint(offered) },
        alsoPinnedFor: judged.kind === 'trusted' ? [] : otherNames(target, indexes, offered),
      };
    },
  };
}

function pinnedKey(line: KnownHostsLine): PinnedKey {
  const { type, comment, file, line: number } = line;
  return { type, fingerprint: fingerprint(Buffer.from(line.key, 'base64')), comment, file, line: number };
}

function otherNames(target: Target, indexes: readonly KnownHostsIndex[], offered: Buffer): string[] {
  const own = new Set([lookupForm(target.name, target.port), lookupForm(target.address, target.port)]);
  const lines = indexes.flatMap((index) => index.linesWithKey(offered.toString('base64')));
  const names = lines
    .filter((line) => line.marker === undefined)
    .flatMap((line) =>
      line.names.startsWith('|') ? [`a hashed name (${line.file}:${line.line})`] : line.names.split(','),
    );
  return [...new Set(names)].filter((name) => !own.has(name.toLowerCase()));
}

/** One file and its index, made again when inode, size or time of change differ. */
class WatchedFile {
  #stamp = '';
  #index: Promise<KnownHostsIndex> | undefined;

  constructor(
    readonly file: string,
    readonly mustExist: boolean,
  ) {}

  async index(): Promise<KnownHostsIndex> {
    const stamp = await this.stampNow();
    if (this.#index === undefined || stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#index = this.#read(stamp);
      this.#index.catch(() => {
        this.#index = undefined;
      });
    }
    return this.#index;
  }

  async stampNow(): Promise<string> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(this.file, { bigint: true });
      return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch (error) {
      if (!this.mustExist && isMissing(error)) return ABSENT;
      throw new TidegateError('TG_FILE_MISSING', `${this.file}: known_hosts file: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async #read(stamp: string): Promise<KnownHostsIndex> {
    const index = new KnownHostsIndex(stamp === ABSENT ? '' : await readFile(this.file, 'utf8'), this.file);
    const revocation = index.damaged.find((line) => line.marker === '@revoked');
    if (revocation === undefined) return index;
    throw new TidegateError(
      'TG_FILE_INVALID',
      `${this.file}:${revocation.line}: a key is revoked here, but ${revocation.problem}`,
    );
  }
}

const ABSENT = 'absent';

function isMissing(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && error.code === 'ENOENT';
}

function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}
