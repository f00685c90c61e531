/** Opening what DynamoDB exported to S3: the items of a table, or the changes of a period. */

import { unsupported, usage, wrong, type FieldsealError } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import { isFailure, type ItemFailure } from '../../items/batch.js';
import { COPY, KEEP, readOptions } from '../../util/options.js';
import { signalOf, type CallOptions } from '../../util/signal.js';
import { openChanges, type ItemChange } from '../changes/change.js';
import { malformed, membersOf, mustHaveKeys, parseJson, readItem } from '../changes/read.js';
import { readTables, type EncryptedTable, type Tables } from '../table.js';
import { fileBytes, mustBeFile, type FileStream } from './file-bytes.js';
import { linesOf, textOf, type Line } from './lines.js';

const SOURCE = 'export file';
/** How much is opened in one go: lines, and bytes of them. */
const BATCH_LINES = 100;
const BATCH_BYTES = 1 << 20;
/** How each line of an export in Amazon Ion begins. */
const ION = '$ion_1_0';

/**
 * Options of {@link openExportedItems} and {@link openExportedChanges}.
 *
 * @example
 * ```ts
 * import type { OpenExportOptions } from 'fieldseal/tables'
 *
 * const options: OpenExportOptions = {
 *   tableName: 'prod-customers',
 *   itemCount: 8, // as manifest-files.json says
 *   settle: true, // a line that cannot be opened ends nothing
 *   signal: AbortSignal.timeout(600_000),
 * }
 * console.log(options.tableName) // → prod-customers
 * ```
 */
export interface OpenExportOptions extends CallOptions {
  /** The table that was exported, by name or ARN, as `manifest-summary.json` has it in `tableArn`. */
  readonly tableName: string;
  /** How many lines the file has, as the manifest says ({@link ExportedFile.itemCount}); a file of another number ends with an error. */
  readonly itemCount?: number | undefined;
  /** Gives every line its own outcome, a result or an error, instead of ending with the first error. Default `false`. */
  readonly settle?: boolean | undefined;
}

/** An item of a full export, as {@link openExportedItems} gives it. */
export interface ExportedItem {
  /** The number of its line in the file, from 1. */
  readonly line: number;
  /** The item, opened. */
  readonly item: AttributeMap;
}

/** A change of an incremental export, as {@link openExportedChanges} gives it. */
export interface ExportedChange extends ItemChange {
  /** The number of its line in the file, from 1. */
  readonly line: number;
  /** When it was written, in milliseconds since 1970 with a fraction, as DynamoDB counts microseconds. Not verified. */
  readonly writeTime: number;
}

/** A line that has no result, in an iteration that settles: of {@link openExportedItems} or {@link openExportedChanges}. */
export interface ExportedFailure extends ItemFailure {
  /** The number of the line in the file, from 1. */
  readonly line: number;
}

/**
 * Opens a data file of a full DynamoDB export to S3: DynamoDB JSON, `.json.gz` or unpacked. Gives its items in their order, as
 * they come; at most about 16 MiB of the file are in memory, whatever is in it. What ends the iteration comes after the items
 * before it.
 *
 * An item that is missing from the file, or in it twice, is not noticed by its signature: give `itemCount`.
 *
 * @param tables - as {@link encryptedTables} takes them
 * @param file - the body of the S3 object
 * @throws as {@link ItemEncryptor.decryptItem}, with the line's place from 0 in `itemIndex`; MalformedInputError
 * `MALFORMED_DYNAMODB_RESPONSE` for a line that is not of a full export (`MALFORMED_ATTRIBUTE` where a value is not), damaged gzip
 * and another number of lines than `itemCount`; LimitError `LIMIT_EXCEEDED` for a line of more than 16 MiB; UnsupportedError
 * for an export in Amazon Ion; UsageError for a table that is not among those given; what the stream throws
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, toDynamoJson } from 'fieldseal'
 * import { openExportedItems } from 'fieldseal/tables'
 *
 * const customers = {
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 * } as const
 * const { item } = await new ItemEncryptor(customers).encryptDocument({
 *   customer_id: 'c-1',
 *   ssn: '078-05-1120',
 * })
 * const file = new Blob([`{"Item":${toDynamoJson(item)}}\n`]).stream() // yours comes from S3
 *
 * const tables = { 'prod-customers': customers }
 * for await (const { line, item } of openExportedItems(tables, file, { tableName: 'prod-customers' }))
 *   console.log(line, item.ssn) // → 1 { S: '078-05-1120' }
 * ```
 */
export function openExportedItems(
  tables: Tables,
  file: FileStream,
  options: OpenExportOptions & { readonly settle: true },
): AsyncGenerator<ExportedItem | ExportedFailure, void, undefined>;
/** The same, ending with the first error. */
export function openExportedItems(
  tables: Tables,
  file: FileStream,
  options: OpenExportOptions,
): AsyncGenerator<ExportedItem, void, undefined>;
export function openExportedItems(
  tables: Tables,
  file: FileStream,
  options: OpenExportOptions,
): AsyncGenerator<ExportedItem | ExportedFailure, void, undefined> {
  return openExport(tables, file, options, {
    read: (line, members) => {
      const item = members['Item'];
      if (item === undefined) {
        const hint = members['Keys'] === undefined ? '' : ': openExportedChanges reads changes';
        throw malformed(SOURCE, `line ${line} has no Item${hint}`);
      }
      const newItem = readItem(SOURCE, `Item of line ${line}`, item);
      return { keys: newItem, newItem };
    },
    result: (line, { newItem }) => ({ line, item: newItem! }),
  });
}

/**
 * Opens a data file of an incremental DynamoDB export to S3; otherwise as {@link openExportedItems}. The view of the export says
 * which items a change has: with new images only, a change and a new item look the same.
 *
 * @throws as {@link openExportedItems}; AuthenticationError `RECORD_MISMATCH` for an item of another key than the change's
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, toDynamoJson } from 'fieldseal'
 * import { openExportedChanges } from 'fieldseal/tables'
 *
 * const customers = {
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({
 *     keyNamespace: 'shop',
 *     keyName: 'key-1',
 *     wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *   }),
 * } as const
 * const { item } = await new ItemEncryptor(customers).encryptDocument({
 *   customer_id: 'c-1',
 *   ssn: '078-05-1120',
 * })
 * const inserted =
 *   '{"Metadata":{"WriteTimestampMicros":{"N":"1767225600000500"}},' +
 *   `"Keys":{"customer_id":{"S":"c-1"}},"NewImage":${toDynamoJson(item)}}\n`
 * const file = new Blob([inserted]).stream() // yours comes from S3
 *
 * const tables = { 'prod-customers': customers }
 * const changes = openExportedChanges(tables, file, { tableName: 'prod-customers' })
 * for await (const { writeTime, oldItem, newItem } of changes)
 *   console.log(writeTime, oldItem, newItem?.ssn) // → 1767225600000.5 undefined { S: '078-05-1120' }
 * ```
 */
export function openExportedChanges(
  tables: Tables,
  file: FileStream,
  options: OpenExportOptions & { readonly settle: true },
): AsyncGenerator<ExportedChange | ExportedFailure, void, undefined>;
/** The same, ending with the first error. */
export function openExportedChanges(
  tables: Tables,
  file: FileStream,
  options: OpenExportOptions,
): AsyncGenerator<ExportedChange, void, undefined>;
export function openExportedChanges(
  tables: Tables,
  file: FileStream,
  options: OpenExportOptions,
): AsyncGenerator<ExportedChange | ExportedFailure, void, undefined> {
  return openExport(tables, file, options, {
    read: (line, members, table) => {
      if (members['Keys'] === undefined) {
        const hint = members['Item'] === undefined ? '' : ': openExportedItems reads items';
        throw malformed(SOURCE, `line ${line} has no Keys${hint}`);
      }
      const item = (name: string) => readItem(SOURCE, `${name} of line ${line}`, members[name]);
      const keys = item('Keys');
      mustHaveKeys(SOURCE, table, keys);
      return {
        keys,
        ...(members['OldImage'] !== undefined && { oldItem: item('OldImage') }),
        ...(members['NewImage'] !== undefined && { newItem: item('NewImage') }),
        writeTime: writeTimeOf(line, members['Metadata']),
      };
    },
    result: (line, change, { writeTime }) => ({ line, ...change, writeTime }),
  });
}

function writeTimeOf(line: number, metadata: unknown): number {
  const { WriteTimestampMicros: written } = membersOf(SOURCE, `Metadata of line ${line}`, metadata);
  const micros = readItem(SOURCE, `Metadata of line ${line}`, { written })['written']?.N ?? '';
  if (/^\d{1,16}$/.test(micros)) return Number(micros) / 1000;
  throw malformed(SOURCE, `WriteTimestampMicros of line ${line} is not a number`);
}

/** How lines are read, and what is given of them. */
interface Form<Stored extends ItemChange, Result> {
  /** What a line says; its items are as they are stored. */
  read(line: number, members: Readonly<Record<string, unknown>>, table: EncryptedTable): Stored;
  /** What is given of a line whose items are open. */
  result(line: number, opened: ItemChange, stored: Stored): Result;
}

function openExport<Stored extends ItemChange, Result>(
  tables: Tables,
  file: FileStream,
  options: OpenExportOptions,
  form: Form<Stored, Result>,
): AsyncGenerator<Result | ExportedFailure, void, undefined> {
  const given = readOptions(options, {
    tableName: COPY,
    itemCount: COPY,
    settle: COPY,
    signal: KEEP,
  });
  const { tableName, itemCount, settle = false } = given;
  if (itemCount !== undefined && (!Number.isSafeInteger(itemCount) || itemCount < 0)) {
    throw usage('INVALID_ARGUMENT', 'itemCount must be a whole number of at least 0');
  }
  if (typeof settle !== 'boolean') throw wrong('settle', 'a boolean', settle);
  const table = readTables(tables).find(tableName);
  if (!table) throw wrong('tableName', 'one of the tables', tableName);
  mustBeFile(file);
  return resultsOf(table, file, form, { itemCount, settle, signal: signalOf(given.signal) });
}

interface How {
  readonly itemCount: number | undefined;
  readonly settle: boolean;
  readonly signal: AbortSignal | undefined;
}

async function* resultsOf<Stored extends ItemChange, Result>(
  table: EncryptedTable,
  file: FileStream,
  form: Form<Stored, Result>,
  { itemCount, settle, signal }: How,
): AsyncGenerator<Result | ExportedFailure, void, undefined> {
  let count = 0;
  for await (const batch of batchesOf(linesOf(fileBytes(file, signal)), table, form)) {
    count += batch.length;
    const stored = batch.flatMap((read) => ('stored' in read ? read.stored : []));
    const opened = (await openChanges(table, stored, signal)).values();
    for (const read of batch) {
      const { line } = read;
      const outcome = 'error' in read ? read : opened.next().value!;
      if (isFailure(outcome)) {
        const { error } = outcome;
        Reflect.set(error, 'itemIndex', line - 1);
        if (!settle) throw error;
        yield { line, error };
      } else yield form.result(line, outcome, (read as { readonly stored: Stored }).stored);
    }
  }
  if (itemCount === undefined || itemCount === count) return;
  throw malformed(SOURCE, `it has ${count} lines, and itemCount is ${itemCount}`);
}

/** A line that was read, or why it could not be. */
type Read<Stored> =
  | { readonly line: number; readonly stored: Stored }
  | { readonly line: number; readonly error: FieldsealError };

/** Lines, as many at once as are opened in one go. What was read before the file turned out to be damaged comes first. */
async function* batchesOf<Stored extends ItemChange, Result>(
  lines: AsyncIterable<Line>,
  table: EncryptedTable,
  form: Form<Stored, Result>,
): AsyncGenerator<Read<Stored>[], void, undefined> {
  let batch: Read<Stored>[] = [];
  let bytes = 0;
  try {
    for await (const line of lines) {
      batch.push(readLine(line, table, form));
      bytes += line.bytes.length;
      if (batch.length < BATCH_LINES && bytes < BATCH_BYTES) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
  } catch (error) {
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (batch.length > 0) yield batch;
}

function readLine<Stored extends ItemChange, Result>(
  line: Line,
  table: EncryptedTable,
  form: Form<Stored, Result>,
): Read<Stored> {
  const { line: number } = line;
  try {
    const text = textOf(SOURCE, line);
    if (text.startsWith(ION)) {
      throw unsupported('an export in Amazon Ion', 'Export as DYNAMODB_JSON.');
    }
    const json = parseJson(SOURCE, `line ${number}`, text);
    const members = membersOf(SOURCE, `line ${number}`, json);
    return { line: number, stored: form.read(number, members, table) };
  } catch (error) {
    return { line: number, error: error as FieldsealError };
  }
}
