/** Every command of the service, and what becomes of it. */

import type { Operation } from '../call.js';
import { batchGetItem } from './batch-get-item.js';
import { batchWriteItem } from './batch-write-item.js';
import { deleteItem } from './delete-item.js';
import { getItem } from './get-item.js';
import { batchExecuteStatement, executeStatement, executeTransaction } from './partiql.js';
import { putItem } from './put-item.js';
import { query, scan } from './query-and-scan.js';
import { searchVectors, startBulkPutItems } from './refused.js';
import { transactGetItems } from './transact-get-items.js';
import { transactWriteItems } from './transact-write-items.js';
import { updateItem } from './update-item.js';

/** Commands that carry items, keys or statements. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  BatchExecuteStatement: batchExecuteStatement,
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  DeleteItem: deleteItem,
  ExecuteStatement: executeStatement,
  ExecuteTransaction: executeTransaction,
  GetItem: getItem,
  PutItem: putItem,
  Query: query,
  Scan: scan,
  SearchVectors: searchVectors,
  StartBulkPutItems: startBulkPutItems,
  TransactGetItems: transactGetItems,
  TransactWriteItems: transactWriteItems,
  UpdateItem: updateItem,
};

/** Commands about tables and not about what is in them (P15): passed as they are. */
const CONTROL_PLANE: ReadonlySet<string> = new Set([
  'CancelBulkOperation',
  'CreateBackup',
  'CreateGlobalTable',
  'CreateTable',
  'DeleteBackup',
  'DeleteResourcePolicy',
  'DeleteTable',
  'DescribeBackup',
  'DescribeBulkOperation',
  'DescribeContinuousBackups',
  'DescribeContributorInsights',
  'DescribeEndpoints',
  'DescribeExport',
  'DescribeGlobalTable',
  'DescribeGlobalTableSettings',
  'DescribeImport',
  'DescribeKinesisStreamingDestination',
  'DescribeLimits',
  'DescribeTable',
  'DescribeTableReplicaAutoScaling',
  'DescribeTimeToLive',
  'DisableKinesisStreamingDestination',
  'EnableKinesisStreamingDestination',
  'ExportTableToPointInTime',
  'GetResourcePolicy',
  'ImportTable',
  'ListBackups',
  'ListBulkOperations',
  'ListContributorInsights',
  'ListExports',
  'ListGlobalTables',
  'ListImports',
  'ListTables',
  'ListTagsOfResource',
  'PutResourcePolicy',
  'RestoreTableFromBackup',
  'RestoreTableToPointInTime',
  'TagResource',
  'UntagResource',
  'UpdateContinuousBackups',
  'UpdateContributorInsights',
  'UpdateGlobalTable',
  'UpdateGlobalTableSettings',
  'UpdateKinesisStreamingDestination',
  'UpdateTable',
  'UpdateTableReplicaAutoScaling',
  'UpdateTimeToLive',
]);

/**
 * What is done with a command: an operation of items; `'pass'` for one about tables; `undefined` for one that is not known,
 * which must not be sent (P16).
 */
export function operationOf(commandName: string): Operation | 'pass' | undefined {
  const name = commandName.replace(/Command$/, '');
  if (Object.hasOwn(OPERATIONS, name)) return OPERATIONS[name];
  return CONTROL_PLANE.has(name) ? 'pass' : undefined;
}
