import { readFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { TidegateError } from '../../model/errors';
import type { Home } from '../../store/home';
import { namespace as ours } from '../../workflows/contract';

/** A person waits: no answer in this time is an answer (issue: within 3 s). */
const connectLimitMs = 2_500;

const addressFileSchema = z.object({ address: z.string(), uiUrl: z.string(), namespace: z.string(), pid: z.number() });

/** Where Temporal is, and how to get in. */
export interface TemporalAddress {
  readonly options: { address?: string; tls?: object | boolean; apiKey?: string; metadata?: Record<string, string> };
  readonly namespace: string;
  readonly uiUrl?: string;
}

/** By TEMPORAL_* variables or the standard TOML profile when they name an address; else the home's own server. */
export async function findServer(home: Home): Promise<TemporalAddress> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  if (process.env.TEMPORAL_ADDRESS ?? process.env.TEMPORAL_CONFIG_FILE)
    return { options: connectionOptions as TemporalAddress['options'], namespace: namespace ?? ours };
  try {
    const found = addressFileSchema.parse(JSON.parse(await readFile(home.temporalAddressFile, 'utf8')));
    return { options: { address: found.address }, namespace: found.namespace, uiUrl: found.uiUrl };
  } catch (error) {
    throw new TidegateError('TG_TEMPORAL_UNREACHABLE', 'no Temporal server runs for this home, and TEMPORAL_ADDRESS names none', { cause: error });
  }
}

/** @throws TG_TEMPORAL_UNREACHABLE within 3 s. */
export async function connectTemporal(home: Home): Promise<{ client: Client; connection: Connection; namespace: string; uiUrl?: string }> {
  const { options, namespace, uiUrl } = await findServer(home);
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: connectLimitMs });
    return { client: new Client({ connection, namespace }), connection, namespace, uiUrl };
  } catch (error) {
    throw new TidegateError('TG_TEMPORAL_UNREACHABLE', `no Temporal server answers at ${options.address}`, { cause: error });
  }
}
