import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { TidegateError } from '../../model/errors';
import type { Home } from '../../store/home';
import { namespace as ours } from '../../workflows/contract/server';
import { embeddedAddress } from './address';
import { namedUnreachable, ownUnreachable } from './unreachable';

/** A person waits: no answer in this time is an answer. Within 3 s Node has to start too, and it is looked who holds the home. */
const connectLimitMs = 2_000;

/** Where Temporal is, and how to get in. */
interface TemporalAddress {
  readonly options: Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey' | 'metadata'>;
  readonly namespace: string;
  readonly uiUrl?: string;
}

/** A connection for clients. Whoever opens it closes it. */
export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly uiUrl?: string;
}

/**
 * Where the home's Temporal is: what TEMPORAL_* variables or the standard TOML profile name
 * (docs.temporal.io, environment configuration), else the home's own server.
 * @throws TG_TEMPORAL_UNREACHABLE when neither is there; TG_FILE_INVALID for a profile that cannot be read
 */
export async function findServer(home: Home): Promise<TemporalAddress> {
  const named = namedServer();
  if (named) return named;
  const own = await embeddedAddress(home);
  if (!own) throw await ownUnreachable(home);
  return { options: { address: own.address }, namespace: own.namespace, uiUrl: own.uiUrl };
}

/** @returns the server that the environment or the profile names; undefined when they name none. */
export function namedServer(): TemporalAddress | undefined {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig();
    if (!connectionOptions.address) return undefined;
    return { options: connectionOptions, namespace: namespace ?? ours };
  } catch (error) {
    throw new TidegateError(
      'TG_FILE_INVALID',
      {
        detail: `the Temporal profile cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        next: 'mend it, or unset TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE',
      },
      { cause: error },
    );
  }
}

/** Connects a client. @throws TG_TEMPORAL_UNREACHABLE, within 3 s. */
export async function connectTemporal(home: Home): Promise<TemporalClient> {
  const { options, namespace, uiUrl } = await findServer(home);
  // The SDK's own connect() leaves a connection that failed open, and it tries again for ever.
  const connection = Connection.lazy({ ...options, connectTimeout: connectLimitMs });
  try {
    await connection.ensureConnected();
    return { client: new Client({ connection, namespace }), connection, namespace, uiUrl };
  } catch (error) {
    await connection.close();
    throw namedServer() ? namedUnreachable(options.address, error) : await ownUnreachable(home, error);
  }
}
