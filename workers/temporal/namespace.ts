import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { TidegateError } from '../../model/errors';
import { searchAttributes } from '../../workflows/contract/server';

/** Closed workflows stay to be looked at for ten years: the longest that `temporal` accepts is about this. */
const retentionDays = 3650;
const retention = msToTs(`${retentionDays} days`);

/** temporal.api.enums.v1.IndexedValueType, by the names that the command line has for them. */
const indexedValueTypes = { Keyword: 2, Int: 3 } as const;
const attributes: readonly (readonly [name: string, type: keyof typeof indexedValueTypes])[] = [
  [searchAttributes.fleet, 'Keyword'],
  [searchAttributes.package, 'Keyword'],
  [searchAttributes.phase, 'Keyword'],
  [searchAttributes.failedHosts, 'Int'],
];

/** grpc.status: the codes that mean something to us. */
const grpc = { notFound: 5, permissionDenied: 7, unimplemented: 12, unauthenticated: 16 } as const;
const knownLimitMs = 30_000;
const knownPollMs = 200;
const refusals: readonly number[] = [grpc.permissionDenied, grpc.unimplemented, grpc.unauthenticated];

/** `TidegateFleet=Keyword` …, as `temporal server start-dev --search-attribute` takes them. */
export const searchAttributeFlags: readonly string[] = attributes.map(([name, type]) => `${name}=${type}`);

/**
 * Makes the namespace and its search attributes when they are not there; changes nothing of what is.
 * @throws TG_NAMESPACE_NOT_READY when the server refuses (Temporal Cloud, or a cluster with authorization)
 */
export async function ensureNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    if (!(await namespaceExists(connection, namespace))) await register(connection, namespace);
    await addSearchAttributes(connection, namespace);
  } catch (error) {
    if (!isGrpcServiceError(error) || !refusals.includes(error.code)) throw error;
    throw new TidegateError(
      'TG_NAMESPACE_NOT_READY',
      {
        detail: `the server refused to prepare the namespace '${namespace}'`,
        next: `temporal operator search-attribute create --namespace ${namespace} ${attributes
          .map(([name, type]) => `--name ${name} --type ${type}`)
          .join(' ')}`,
      },
      { cause: error },
    );
  }
}

/** Has closed workflows kept for `retentionDays`: `start-dev` makes its namespaces with one day. */
export async function keepClosedWorkflows(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: retention },
  });
}

async function namespaceExists(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function register(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: retention,
  });
}

async function addSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await onceKnown(() =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const missing = attributes.filter(([name]) => !Object.hasOwn(customAttributes ?? {}, name));
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, indexedValueTypes[type]])),
  });
}

/** The server's parts learn of a new namespace when they refresh their caches: after 2 s by default, or 10. */
async function onceKnown<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + knownLimitMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isNotFound(error) || performance.now() > deadline) throw error;
      await sleep(knownPollMs);
    }
  }
}

function isNotFound(error: unknown): boolean {
  return isGrpcServiceError(error) && error.code === grpc.notFound;
}
