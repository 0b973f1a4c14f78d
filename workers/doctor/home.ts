import { constants, existsSync } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadFleet } from '../../fleet/load';
import type { Fleet } from '../../model/fleet';
import { agentKey, loadPrivateKey } from '../../ssh/private-key';
import { findHome, type Home } from '../../store/home';
import { lockHolder } from '../../store/lock';
import { connectTemporal } from '../temporal/connection';
import { examine, type Finding } from './finding';

/** A release keeps its packages, its undo set and what hosts said; a full disk stops the ledger, and so everything. */
const roomNeededBytes = 1024 ** 3;
/** Closed workflows that go after a day take the links in old reports with them. */
const retentionWantedDays = 30;

/** What a home needs before anything can be rolled out from it, in the order in which a person makes it. */
export async function examineHome(home: Home): Promise<Finding[]> {
  const findings = [await examine('home', () => homeFinding(home))];
  if (!existsSync(home.fleetFile)) return findings;
  let fleet: Fleet | undefined;
  findings.push(
    await examine('fleet.yaml', async () => {
      fleet = await loadFleet(home.fleetFile);
      return {
        state: 'good',
        found: `${fleet.name}: ${fleet.hosts.length} host${fleet.hosts.length === 1 ? '' : 's'}`,
      };
    }),
  );
  if (fleet) findings.push(...(await examineFleet(fleet)));
  findings.push(await examine('disk', () => diskFinding(home)));
  findings.push(await examine('server', () => serverFinding(home)));
  findings.push(await examine('worker', () => workerFinding(home)));
  return findings;
}

async function homeFinding(home: Home): Promise<Omit<Finding, 'thing'>> {
  findHome(home.folder);
  const made = existsSync(home.state);
  const written = made ? home.state : home.folder;
  await access(written, constants.R_OK | constants.W_OK);
  if (made && ((await stat(written)).mode & 0o077) !== 0)
    return { state: 'missing', found: `others can read ${written}`, mend: `chmod 700 ${written}` };
  return { state: 'good', found: home.folder };
}

async function examineFleet({ file, folder }: Fleet): Promise<Finding[]> {
  const at = (path: string) => resolve(folder, path);
  const knownHosts = file.knownHosts.filter((path) => !existsSync(at(path)));
  const signingHome = file.signing?.gnupgHome;
  return [
    await examine('key', async () => {
      await (file.key === 'agent' ? agentKey() : loadPrivateKey(at(file.key)));
      return { state: 'good', found: file.key === 'agent' ? 'from the agent' : at(file.key) };
    }),
    knownHosts.length === 0
      ? { thing: 'known_hosts', state: 'good', found: file.knownHosts.join(', ') }
      : {
          thing: 'known_hosts',
          state: 'missing',
          found: `not there: ${knownHosts.join(', ')}`,
          mend: 'tidegate hostkeys accept HOST --fingerprint SHA256:…',
        },
    signingHome === undefined
      ? {
          thing: 'signing',
          state: 'remark',
          found: 'no signing: in fleet.yaml, so nothing can be built here',
        }
      : await examine('signing', async () =>
          existsSync(at(signingHome))
            ? { state: 'good', found: file.signing?.key ?? '' }
            : {
                state: 'missing',
                found: `no ${signingHome}`,
                mend: `gpg --homedir ${at(signingHome)} --gen-key`,
              },
        ),
    await examine('signers', () => signersFinding(file.allowedSigners && at(file.allowedSigners))),
  ];
}

/** A line with a key, as ssh-keygen(1) has it in ALLOWED SIGNERS; `cert-authority` lines have one too. */
const signersLine = /^[^#\s]\S*\s(?:.*\s)?(?:sk-)?(?:ssh|ecdsa)-\S+\s+[A-Za-z0-9+/]{20,}/gm;

/** Nobody can start or approve in a fleet whose file has no key in it. */
async function signersFinding(path: string | undefined): Promise<Omit<Finding, 'thing'>> {
  if (path === undefined)
    return {
      state: 'remark',
      found: 'no allowedSigners: in fleet.yaml, so who reaches Temporal may start and approve',
    };
  const mend = `echo "anna@example.org $(cat anna.pub)" >>${path}`;
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { state: 'missing', found: `cannot read ${path}`, mend };
  const keys = text.match(signersLine)?.length ?? 0;
  if (keys === 0) return { state: 'missing', found: `no key in ${path}: nobody can start or approve`, mend };
  if (((await stat(path)).mode & 0o022) !== 0)
    return { state: 'missing', found: `others can write ${path}`, mend: `chmod go-w ${path}` };
  return { state: 'good', found: `${keys} ${keys === 1 ? 'key' : 'keys'} in ${path}` };
}

async function diskFinding(home: Home): Promise<Omit<Finding, 'thing'>> {
  const { bavail, bsize } = await statfs(home.folder);
  const freeBytes = bavail * bsize;
  const found = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free in ${home.folder}`;
  return freeBytes >= roomNeededBytes
    ? { state: 'good', found }
    : { state: 'missing', found, mend: `make room: 1 GiB at least` };
}

async function serverFinding(home: Home): Promise<Omit<Finding, 'thing'>> {
  const { connection, namespace, uiUrl } = await connectTemporal(home);
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
    const found = `answers; namespace ${namespace}${uiUrl === undefined ? '' : `; UI ${uiUrl}`}`;
    if (days >= retentionWantedDays) return { state: 'good', found };
    return {
      state: 'remark',
      found: `${found}; it forgets closed workflows after ${days} days`,
      mend: `temporal operator namespace update --retention 3650d -n ${namespace}`,
    };
  } catch {
    // Not there yet, or not ours to see: the worker makes it, or says what is wrong, when it starts.
    return { state: 'remark', found: `answers; no namespace '${namespace}' yet`, mend: 'tidegate worker' };
  } finally {
    await connection.close();
  }
}

async function workerFinding(home: Home): Promise<Omit<Finding, 'thing'>> {
  const holder = await lockHolder(home.lockFile);
  return holder
    ? { state: 'good', found: `process ${holder.pid}, since ${holder.since}` }
    : { state: 'missing', found: 'no worker runs for this home', mend: 'tidegate up' };
}
