/** Whether tables, as DynamoDB has them, go with what is configured for them. */

import { KEEP, readOptions } from '../util/options.js';
import { signalOf, type CallOptions } from '../util/signal.js';
import { mustBeClient, send } from './aws-client.js';
import { FOOTER, HEADER } from '../items/codec/pack.js';
import type { Client } from './sdk.js';
import { readTables, type EncryptedTable, type Tables } from './table.js';

/** Something about a table that clashes with its configuration; {@link checkTables} returns them. */
export interface TableProblem {
  /** The table's name or ARN, as it was given. */
  readonly table: string;
  /** The secondary index that it is about. */
  readonly index?: string;
  /** The attribute that it is about. */
  readonly attribute?: string;
  /** What is wrong, in one sentence. */
  readonly problem: string;
  /** What to do about it, in one sentence. */
  readonly fix: string;
}

/** A part of a key, as DescribeTable has it. */
export interface KeyElement {
  readonly AttributeName?: string;
  readonly KeyType?: string;
}
interface Index {
  readonly IndexName?: string;
  readonly KeySchema?: readonly KeyElement[];
  readonly Projection?: {
    readonly ProjectionType?: string;
    readonly NonKeyAttributes?: readonly string[];
  };
}
interface Description {
  readonly KeySchema?: readonly KeyElement[];
  readonly LocalSecondaryIndexes?: readonly Index[];
  readonly GlobalSecondaryIndexes?: readonly Index[];
}
interface TimeToLive {
  readonly AttributeName?: string;
  readonly TimeToLiveStatus?: string;
}

/**
 * Compares tables with what is configured for them (DescribeTable, DescribeTimeToLive), for a test or the start of a
 * service: keys of the table and of its indexes, what indexes project, and the attribute of the time to live.
 *
 * @param client - any client of AWS's SDK for DynamoDB, with or without the plugin
 * @param tables - as {@link encryptedTables} takes them
 * @returns what clashes; nothing where all is well
 * @throws UsageError as {@link encryptedTables}; what the client throws, except that a table does not exist
 *
 * @example
 * ```ts
 * import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { rawAesKeyring } from 'fieldseal'
 * import { checkTables } from 'fieldseal/tables'
 *
 * const client = new DynamoDBClient({
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 * })
 * await client.send(
 *   new CreateTableCommand({
 *     TableName: 'example-people',
 *     BillingMode: 'PAY_PER_REQUEST',
 *     AttributeDefinitions: [
 *       { AttributeName: 'id', AttributeType: 'S' },
 *       { AttributeName: 'email', AttributeType: 'S' },
 *     ],
 *     KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
 *     GlobalSecondaryIndexes: [
 *       {
 *         IndexName: 'by-email',
 *         KeySchema: [{ AttributeName: 'email', KeyType: 'HASH' }],
 *         Projection: { ProjectionType: 'ALL' },
 *       },
 *     ],
 *   }),
 * )
 * const problems = await checkTables(client, {
 *   'example-people': {
 *     logicalTableName: 'people',
 *     partitionKeyName: 'id',
 *     attributeActions: { id: 'SIGN_ONLY', email: 'ENCRYPT_AND_SIGN' },
 *     keyring: rawAesKeyring({
 *       keyNamespace: 'shop',
 *       keyName: 'key-1',
 *       wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *     }),
 *   },
 * })
 * for (const { index, attribute, problem } of problems)
 *   console.log(`${index} ${attribute}: ${problem}`)
 * // → by-email email: the index has an encrypted attribute as its key
 * ```
 */
export async function checkTables(
  client: Client,
  tables: Tables,
  options: CallOptions = {},
): Promise<TableProblem[]> {
  const signal = signalOf(readOptions(options, { signal: KEEP }).signal);
  mustBeClient('client', client);
  const all = [...readTables(tables).values()];
  const problems = await Promise.all(all.map((table) => checkTable(client, table, signal)));
  return problems.flat();
}

async function checkTable(
  client: Client,
  table: EncryptedTable,
  signal: AbortSignal | undefined,
): Promise<TableProblem[]> {
  const request = { TableName: table.name };
  try {
    const [{ Table = {} }, { TimeToLiveDescription = {} }] = await Promise.all([
      send<{ Table?: Description }>(client, 'DescribeTableCommand', { ...request }, signal),
      send<{ TimeToLiveDescription?: TimeToLive }>(
        client,
        'DescribeTimeToLiveCommand',
        { ...request },
        signal,
      ),
    ]);
    const found = [
      ...keys(table, Table.KeySchema ?? []),
      ...(Table.LocalSecondaryIndexes ?? []).flatMap((index) => indexKeys(table, index)),
      ...(Table.GlobalSecondaryIndexes ?? []).flatMap((index) => [
        ...indexKeys(table, index),
        ...projection(table, index),
      ]),
      ...timeToLive(table, TimeToLiveDescription),
    ];
    return found.map((problem) => ({ table: table.name, ...problem }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
    const problem = 'the table does not exist';
    return [{ table: table.name, problem, fix: 'Create it, or correct its name or the Region.' }];
  }
}

type Found = Omit<TableProblem, 'table'>;
type Advice = Pick<TableProblem, 'problem' | 'fix'>;

/** What the names of stored beacons begin with. */
const BEACON = 'aws_dbe_b_';

/** How the table's key differs from what is configured. */
export function keys(table: EncryptedTable, schema: readonly KeyElement[]): Found[] {
  return (['HASH', 'RANGE'] as const).flatMap((type, i): Found[] => {
    const [what, option] =
      type === 'HASH' ? ['partition key', 'partitionKeyName'] : ['sort key', 'sortKeyName'];
    const found = schema.find(({ KeyType }) => KeyType === type)?.AttributeName;
    const given = table.keyNames[i];
    if (found === given) return [];
    const name = (key: string | undefined) => (key === undefined ? 'none' : `'${key}'`);
    return [
      {
        attribute: (found ?? given)!,
        problem: `the table's ${what} is ${name(found)}, and ${option} says ${name(given)}`,
        fix: found === undefined ? `Leave ${option} out.` : `Set ${option} to '${found}'.`,
      },
    ];
  });
}

function indexKeys(table: EncryptedTable, { IndexName = '', KeySchema = [] }: Index): Found[] {
  return KeySchema.flatMap(({ AttributeName: attribute = '' }): Found[] => {
    const found = attribute.startsWith(BEACON)
      ? beaconAsKey(table, attribute.slice(BEACON.length))
      : attributeAsKey(table, attribute);
    return found ? [{ index: IndexName, attribute, ...found }] : [];
  });
}

function attributeAsKey(table: EncryptedTable, attribute: string): Advice | undefined {
  const action = table.actionOf(attribute);
  const stored = Array.from(table.beacons).find(
    ([name, { location, notAKey }]) =>
      notAKey === undefined && [name, location].includes(attribute),
  );
  const instead = stored && `Index its beacon, '${BEACON}${stored[0]}', instead.`;
  if (action === 'ENCRYPT_AND_SIGN') {
    const problem = 'the index has an encrypted attribute as its key';
    const why = 'ciphertexts are not found, and DynamoDB refuses them where a string is declared.';
    const beacon = `give it a standard beacon, and index '${BEACON}${attribute}'`;
    return { problem, fix: instead ?? `Make it SIGN_ONLY, or ${beacon}: ${why}` };
  }
  if (action !== undefined) return undefined;
  if (instead !== undefined) {
    return {
      problem: 'the index has the name of a beacon as its key, under which none is stored',
      fix: instead,
    };
  }
  const problem = 'the index has a key without an action';
  return { problem, fix: `Add '${attribute}' to attributeActions, as SIGN_ONLY.` };
}

/** Standard and compound beacons are stored for indexes; a signed one is an attribute as others. */
function beaconAsKey(table: EncryptedTable, name: string): Advice | undefined {
  const beacon = table.beacons.get(name);
  if (beacon && beacon.notAKey === undefined) return undefined;
  if (beacon) {
    const fix = 'Add a beacon without a style for the index, or drop the index.';
    return { problem: `the index has as its key ${beacon.notAKey}`, fix };
  }
  const problem =
    'the index has a beacon as its key that is not configured, so that it stays empty';
  if (table.signedBeacons.includes(name)) {
    return { problem, fix: `Index '${name}': a signed beacon is stored under its own name.` };
  }
  return { problem, fix: `Add a beacon '${name}' to search, or drop the index.` };
}

function projection(
  table: EncryptedTable,
  { IndexName = '', KeySchema = [], Projection }: Index,
): Found[] {
  const { ProjectionType = 'ALL', NonKeyAttributes = [] } = Projection ?? {};
  if (ProjectionType === 'ALL') return [];
  const projected = new Set([
    ...table.keyNames,
    ...KeySchema.map(({ AttributeName }) => AttributeName),
    ...NonKeyAttributes,
  ]);
  const signed = [...table.actions()].flatMap(([name]) => (table.signs(name) ? [name] : []));
  const missing = [...signed, HEADER, FOOTER].find((name) => !projected.has(name));
  if (missing === undefined) return [];
  const problem = `the index projects ${ProjectionType}, and items without all that is signed cannot be verified`;
  const fix =
    'Project ALL; or read the keys from the index with a client that has no plugin, and the items from the table.';
  return [{ index: IndexName, attribute: missing, problem, fix }];
}

function timeToLive(
  table: EncryptedTable,
  { AttributeName, TimeToLiveStatus }: TimeToLive,
): Found[] {
  if (AttributeName === undefined || !/^ENABL/.test(TimeToLiveStatus ?? '')) return [];
  const action = table.actionOf(AttributeName);
  if (action !== undefined && action !== 'ENCRYPT_AND_SIGN') return [];
  const problem =
    action === undefined
      ? 'the time to live is in an attribute without an action'
      : 'the time to live is in an encrypted attribute, which DynamoDB cannot read: items never expire';
  return [{ attribute: AttributeName, problem, fix: `Make '${AttributeName}' SIGN_ONLY.` }];
}
