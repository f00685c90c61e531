/**
 * The plugin: two middlewares in the stack of a client of AWS's SDK, one for requests and one for responses.
 *
 * Where they are is what matters. `DynamoDBDocumentClient` has middlewares of its own, `DocumentMarshall` and
 * `DocumentUnmarshall`, that belong to its commands and come to the stack later, with `override`. What a client adds by
 * any other relation ends up outside these, and sees native values. So the plugin adds two middlewares of these names that
 * do nothing, whose places the document client's take, and its own after them:
 *
 *     initialize … DocumentMarshall → request → endpoint, serializer → build → retry → signing → DocumentUnmarshall →
 *     response → deserializer
 *
 * A request is thus sealed once, however often it is sent, and an error while opening, inside the loop that retries, has to
 * be kept there and thrown outside.
 *
 * @module
 */

import { internal, unsupported, usage, wrong } from '../errors.js';
import { KEEP, readOptions } from '../util/options.js';
import { shared } from '../util/shared.js';
import { isObject } from '../util/plain-object.js';
import { mustBeClient } from './aws-client.js';
import type { Call, Handling, Input } from './call.js';
import { operationOf } from './operations/index.js';
import { isOwn } from './own-requests.js';
import { requestOf } from './request.js';
import { mustHaveNoItems } from './returned.js';
import type { Client, Context, Middleware, MiddlewareStack, Result } from './sdk.js';
import { readTables, type EncryptedTableMap, type Tables } from './table.js';

const REQUEST = 'fieldsealRequest';
const RESPONSE = 'fieldsealResponse';

/**
 * Options of {@link encryptedTables}.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { defineTable, rawAesKeyring } from 'fieldseal'
 * import { encryptedTables, type EncryptedTablesOptions } from 'fieldseal/tables'
 *
 * interface Customer {
 *   customer_id: string
 *   ssn: string
 * }
 * const customers = defineTable<Customer>({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 * })
 * const keyring = rawAesKeyring({
 *   keyNamespace: 'shop',
 *   keyName: 'key-1',
 *   wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 * })
 * const options: EncryptedTablesOptions = {
 *   tables: { 'prod-customers': { ...customers, keyring } },
 * }
 * const client = new DynamoDBClient({ region: 'eu-central-1' })
 * encryptedTables(options).applyToStack(client.middlewareStack) // what `client.middlewareStack.use` does
 * console.log(client.middlewareStack.identify().filter((name) => name.includes('fieldseal')).length) // → 2
 * ```
 */
export interface EncryptedTablesOptions {
  /** The tables whose items are encrypted, by name or ARN, as requests call them. Others pass untouched. */
  readonly tables: Tables;
  /**
   * Does what DynamoDB cannot: an UpdateItem of attributes that are signed or encrypted, or on a condition about encrypted
   * ones, is done by reading the record, changing it in plaintext, and putting it on the condition that nobody else has
   * changed it. Without this option, which is the default, such requests are refused.
   */
  readonly updates?: UpdatesOptions | undefined;
}

/**
 * How updates are done that DynamoDB cannot do; an option of {@link encryptedTables}.
 *
 * @example
 * ```ts
 * import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb'
 * import { rawAesKeyring } from 'fieldseal'
 * import { encryptedTables, type UpdatesOptions } from 'fieldseal/tables'
 *
 * const settings = {
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 * }
 * const plain = new DynamoDBClient(settings)
 * await plain.send(
 *   new CreateTableCommand({
 *     TableName: 'example-counters',
 *     BillingMode: 'PAY_PER_REQUEST',
 *     AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
 *     KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
 *   }),
 * )
 *
 * const updates: UpdatesOptions = { client: plain }
 * const client = new DynamoDBClient(settings)
 * const tables = {
 *   'example-counters': {
 *     logicalTableName: 'counters',
 *     partitionKeyName: 'id',
 *     attributeActions: { id: 'SIGN_ONLY', count: 'ENCRYPT_AND_SIGN' },
 *     keyring: rawAesKeyring({
 *       keyNamespace: 'shop',
 *       keyName: 'key-1',
 *       wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 *     }),
 *   },
 * } as const
 * client.middlewareStack.use(encryptedTables({ tables, updates }))
 * const { Attributes } = await DynamoDBDocumentClient.from(client).send(
 *   new UpdateCommand({
 *     TableName: 'example-counters',
 *     Key: { id: 'visits' },
 *     UpdateExpression: 'ADD #c :one',
 *     ExpressionAttributeNames: { '#c': 'count' },
 *     ExpressionAttributeValues: { ':one': 1 },
 *     ReturnValues: 'UPDATED_NEW',
 *   }),
 * )
 * console.log(Attributes) // → { count: 1 }
 * ```
 */
export interface UpdatesOptions {
  /** A client of the same Region and account, without the plugin: it reads and puts records. */
  readonly client: Client;
}

/** A plugin for a client's `middlewareStack.use`, made by {@link encryptedTables}; {@link EncryptedTablesOptions} shows it. */
export interface EncryptedTables {
  /** Puts the plugin on a client; `use` calls it. */
  applyToStack(stack: MiddlewareStack): void;
}

/** What a plugin is made from. */
type Plugin = Omit<Call, 'signal'>;

/** A call on encrypted tables that is under way. */
interface Open {
  readonly handling: Handling;
  /** Whether the response came by: once for each attempt. */
  answered: boolean;
  /** What failed while the response was opened. */
  failure?: { readonly error: unknown };
}

/** Calls under way, by the input that goes through the stack: contexts may be shared between calls. */
const underWay = new WeakMap<object, Open>();
/** The tables of clients that have the plugin, by their stacks. */
const configured = (): WeakMap<object, EncryptedTableMap> =>
  (shared<{ tables?: WeakMap<object, EncryptedTableMap> }>().tables ??= new WeakMap());

/**
 * Encrypts the items of tables between an application and DynamoDB: a plugin for a client of `@aws-sdk/client-dynamodb`, for
 * which everything that is built on the client stays as it is, `DynamoDBDocumentClient` and libraries included. What goes
 * to these tables is sealed, what comes from them is opened, and a request that an encrypted table cannot serve is
 * refused before it is sent.
 *
 * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`, as `new ItemEncryptor` for each table
 *
 * @example
 * ```ts
 * import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
 * import { rawAesKeyring } from 'fieldseal'
 * import { encryptedTables } from 'fieldseal/tables'
 *
 * const keyring = rawAesKeyring({
 *   keyNamespace: 'shop',
 *   keyName: 'key-1',
 *   wrappingKey: crypto.getRandomValues(new Uint8Array(32)), // yours comes from a secret store
 * })
 * const client = new DynamoDBClient({
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
 * })
 * client.middlewareStack.use(
 *   encryptedTables({
 *     tables: {
 *       'example-customers': {
 *         logicalTableName: 'customers',
 *         partitionKeyName: 'customer_id',
 *         attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *         keyring,
 *       },
 *     },
 *   }),
 * )
 * await client.send(
 *   new CreateTableCommand({
 *     TableName: 'example-customers',
 *     BillingMode: 'PAY_PER_REQUEST',
 *     AttributeDefinitions: [{ AttributeName: 'customer_id', AttributeType: 'S' }],
 *     KeySchema: [{ AttributeName: 'customer_id', KeyType: 'HASH' }],
 *   }),
 * )
 *
 * const documents = DynamoDBDocumentClient.from(client)
 * const TableName = 'example-customers'
 * await documents.send(
 *   new PutCommand({ TableName, Item: { customer_id: 'c-1', ssn: '078-05-1120' } }),
 * )
 * const { Item } = await documents.send(new GetCommand({ TableName, Key: { customer_id: 'c-1' } }))
 * console.log(Item) // → { customer_id: 'c-1', ssn: '078-05-1120' }
 * ```
 */
export function encryptedTables(options: EncryptedTablesOptions): EncryptedTables {
  const given = readOptions(options, { tables: KEEP, updates: KEEP });
  const tables = readTables(given.tables);
  const updates =
    given.updates === undefined
      ? undefined
      : readOptions(given.updates, { client: KEEP }, 'updates').client;
  if (given.updates !== undefined) mustBeClient('updates.client', updates);
  return { applyToStack: (stack) => apply(stack, { tables, updates }) };
}

/** The tables of the plugin that a client has. */
export function tablesOf(client: Client): EncryptedTableMap | undefined {
  const { middlewareStack } = client as { readonly middlewareStack?: unknown };
  return isObject(middlewareStack) ? configured().get(middlewareStack) : undefined;
}

function apply(stack: MiddlewareStack, plugin: Plugin): void {
  if (!isObject(stack) || typeof stack.addRelativeTo !== 'function') {
    throw wrong('stack', 'the middlewareStack of a client', stack);
  }
  const add = (middleware: Middleware, options: object): void =>
    stack.addRelativeTo(middleware as never, options as never);
  try {
    // Without `override`, so that another plugin is refused: the SDK would put it in the place of the first.
    add(requests(plugin), { name: REQUEST, relation: 'after', toMiddleware: 'DocumentMarshall' });
    add(responses, { name: RESPONSE, relation: 'after', toMiddleware: 'DocumentUnmarshall' });
  } catch (cause) {
    const problem = 'the client has encrypted tables already';
    const next = 'Give all tables to one plugin.';
    throw Object.assign(usage('INVALID_CONFIG', problem, next), { cause });
  }
  const nothing: Middleware = (next) => next;
  const before = (name: string, toMiddleware: string): void =>
    add(nothing, { name, relation: 'before', toMiddleware, override: true });
  before('DocumentMarshall', 'serializerMiddleware');
  before('DocumentUnmarshall', 'deserializerMiddleware');
  configured().set(stack, plugin.tables);
}

const requests =
  (plugin: Plugin): Middleware =>
  (next, context) =>
  async (args) => {
    if (isOwn(args.input)) return next(args);
    const operation = operationNamed(context);
    if (operation === 'pass') return next(args);
    const call: Call = { ...plugin, signal: abortSignal(context) };
    const request: Input = requestOf(args.input as Input);
    const handling = await operation(request, call);
    if (!handling) return next({ ...args, input: request });

    const { input } = handling;
    const open: Open = { handling, answered: false };
    underWay.set(input, open);
    let result;
    try {
      result = await next({ ...args, input });
    } catch (error) {
      throw await openedError(handling, error);
    }
    // Not where it failed: there it would count as a failed attempt, and the request would be sent again.
    if (open.failure) throw open.failure.error;
    if (!open.answered) {
      throw internal('another middleware took the response, or changed the request on its way');
    }
    return result;
  };

const responses: Middleware = (next) => async (args) => {
  const open = underWay.get(args.input);
  if (!open) return next(args);
  const { instead, output: opened } = open.handling;
  const result: Result = instead ? { output: { $metadata: {} } } : await next(args);
  open.answered = true;
  const { output } = result;
  try {
    return { ...result, output: instead ? await instead() : ((await opened?.(output)) ?? output) };
  } catch (error) {
    open.failure = { error };
    // Nothing that is sealed goes on; the middleware that retries writes to what the output is about.
    return { ...result, output: { $metadata: output.$metadata } };
  }
};

/** What is done with the command of a call. */
function operationNamed({ commandName = 'a command without a name' }: Context) {
  const operation = operationOf(commandName);
  if (operation !== undefined) return operation;
  throw unsupported(
    `${commandName} on a client with encrypted tables`,
    'Send it with a client that has no plugin, and mind that items in it are not sealed or opened.',
  );
}

/** The error of the service with the items in it opened; or why they could not be. */
async function openedError(
  { error: open = mustHaveNoItems }: Handling,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  try {
    await open(error);
    return error;
  } catch (failure) {
    return failure;
  }
}

/** The caller's, if it has events: the SDK takes older ones, too, and calls off its own requests by itself. */
function abortSignal(context: Context): AbortSignal | undefined {
  const signal = context.__smithy_context?.abortSignal as Partial<AbortSignal> | undefined;
  return typeof signal?.addEventListener === 'function' ? (signal as AbortSignal) : undefined;
}
