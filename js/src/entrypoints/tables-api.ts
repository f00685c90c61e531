/** Everything that `fieldseal/tables` exports, in every host. */

export { checkTables, type TableProblem } from '../tables/check-tables.js';
export { ItemsError, type ItemError } from '../tables/items-error.js';
export {
  encryptedTables,
  type EncryptedTables,
  type EncryptedTablesOptions,
  type UpdatesOptions,
} from '../tables/plugin.js';
export type { Tables } from '../tables/table.js';
export { updateItem, type RecordKey, type UpdateItemOptions } from '../tables/update-item.js';
