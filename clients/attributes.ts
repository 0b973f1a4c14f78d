import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { searchAttributes } from '../workflows/contract/server';

const fleetKey = defineSearchAttributeKey(searchAttributes.fleet, SearchAttributeType.KEYWORD);
const packageKey = defineSearchAttributeKey(searchAttributes.package, SearchAttributeType.KEYWORD);

/** @returns what people filter workflows by in the Temporal UI, from their first moment on. */
export function attributesOf(fleet: string, packageName: string | undefined): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: fleetKey, value: fleet },
    ...(packageName === undefined ? [] : [{ key: packageKey, value: packageName }]),
  ]);
}
