/** Everything that `fieldseal/tables` exports, in every host. */

export { planBeacon } from '../search/plan/plan-beacon.js';
export type {
  BeaconLength,
  BeaconPlan,
  BeaconPlanSvgOptions,
  BeaconSample,
  BeaconTarget,
  BeaconValue,
  PlanBeaconOptions,
} from '../search/plan/types.js';
export type { ItemChange } from '../tables/changes/change.js';
export {
  openStreamRecord,
  type OpenStreamRecordOptions,
  type StreamChange,
} from '../tables/changes/open-stream-record.js';
export {
  processStreamEvent,
  type ProcessStreamEventOptions,
  type StreamEventResponse,
} from '../tables/changes/process-stream-event.js';
export type { StreamEventName } from '../tables/changes/stream-record.js';
export { checkTables, type TableProblem } from '../tables/check-tables.js';
export type { FileStream } from '../tables/exports/file-bytes.js';
export { readExportManifest, type ExportedFile } from '../tables/exports/manifest.js';
export {
  openExportedChanges,
  openExportedItems,
  type ExportedChange,
  type ExportedFailure,
  type ExportedItem,
  type OpenExportOptions,
} from '../tables/exports/open-export.js';
export { ItemsError, type ItemError } from '../tables/items-error.js';
export {
  encryptedTables,
  type EncryptedTables,
  type EncryptedTablesOptions,
  type UpdatesOptions,
} from '../tables/plugin.js';
export type { Tables } from '../tables/table.js';
export {
  queryPartitions,
  type PartitionItems,
  type QueryPartitionsOptions,
} from '../tables/query-partitions.js';
export {
  getNumberOfQueries,
  resolveAttributes,
  type PartitionedQuery,
  type ResolvedAttributes,
} from '../tables/search.js';
export {
  sealTable,
  type SealTableError,
  type SealTableEstimate,
  type SealTableMode,
  type SealTableOptions,
  type SealTableProgress,
} from '../tables/seal-table.js';
export { branchKeyIdFromItem, type ItemKeys } from '../search/branch-key-id.js';
export { compoundBeacon, standardBeacon, virtualField } from '../search/builders.js';
export type * from '../search/types.js';
export { updateItem, type RecordKey, type UpdateItemOptions } from '../tables/update-item.js';
