import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { Phase } from '../model/ledger';
import { searchAttributes } from './contract/server';

const fleetKey = defineSearchAttributeKey(searchAttributes.fleet, SearchAttributeType.KEYWORD);
const packageKey = defineSearchAttributeKey(searchAttributes.package, SearchAttributeType.KEYWORD);
const phaseKey = defineSearchAttributeKey(searchAttributes.phase, SearchAttributeType.KEYWORD);
const failedHostsKey = defineSearchAttributeKey(searchAttributes.failedHosts, SearchAttributeType.INT);

/** What people filter by in the Temporal UI. */
export function showRollout(fleet: string, packageName: string): void {
  upsertSearchAttributes([
    { key: fleetKey, value: fleet },
    { key: packageKey, value: packageName },
  ]);
}

export function showPhase(phase: Phase): void {
  upsertSearchAttributes([{ key: phaseKey, value: phase }]);
}

export function showFailedHosts(count: number): void {
  upsertSearchAttributes([{ key: failedHostsKey, value: count }]);
}

/** @returns what a child workflow is found by from its first moment on. */
export function attributesOf(fleet: string, packageName: string, phase: Phase): SearchAttributePair[] {
  return [
    { key: fleetKey, value: fleet },
    { key: packageKey, value: packageName },
    { key: phaseKey, value: phase },
    { key: failedHostsKey, value: 0 },
  ];
}
