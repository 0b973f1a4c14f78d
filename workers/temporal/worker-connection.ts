import { NativeConnection } from '@temporalio/worker';
import type { Home } from '../../store/home';
import { connectTemporal, findServer, type TemporalClient } from './connection';
import { ensureNamespace } from './namespace';

/**
 * Connects a worker, and prepares the namespace of a cluster that is not our own server.
 * The client's connection is tried first: the native one has no deadline.
 * @throws TG_TEMPORAL_UNREACHABLE, within 3 s; TG_NAMESPACE_NOT_READY
 */
export async function connectWorker(
  home: Home,
): Promise<TemporalClient & { readonly native: NativeConnection }> {
  const found = await connectTemporal(home);
  try {
    await ensureNamespace(found.connection, found.namespace);
    const { options } = await findServer(home);
    return { ...found, native: await NativeConnection.connect(options) };
  } catch (error) {
    await found.connection.close();
    throw error;
  }
}
