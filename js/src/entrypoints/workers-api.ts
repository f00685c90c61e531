/** Everything that `fieldseal/workers` exports. */

export type {
  DynamoDbClientConfiguration,
  KeyringConfiguration,
  KeyStoreConfiguration,
  KmsClientConfiguration,
} from '../workers/configuration.js';
export {
  startItemWorkers,
  type ItemWorkers,
  type ItemWorkersOptions,
  type WorkerTable,
} from '../workers/item-workers.js';
