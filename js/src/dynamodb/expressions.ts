/** Requests on encrypted tables: what their expressions may do, and what they do to plaintext. The work is the core's. */

import { CoreObject, core, type Core } from '../core/core.js';
import { wrong } from '../errors.js';
import type { Glue } from '../generated/glue.js';
import type { PlaintextOverrideName } from '../generated/config.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { packItems, type PackedInput } from '../items/codec/pack.js';
import { unpackItems } from '../items/codec/unpack-items.js';
import type { CryptoAction } from '../items/codec/unpack.js';
import { isObject, isPlainObject, setOwn } from '../util/plain-object.js';

/** What of a table's configuration its rules follow from. The item encryptor checks it; these rules take it as it is. */
export interface TableRulesOptions {
  readonly attributeActions: Readonly<Record<string, CryptoAction>>;
  readonly allowedUnsignedAttributes?: readonly string[] | undefined;
  readonly allowedUnsignedAttributePrefix?: string | undefined;
  readonly partitionKeyName: string;
  readonly sortKeyName?: string | undefined;
  readonly plaintextOverride?: PlaintextOverrideName | undefined;
  /** Of a table that is searched, what seals its items: queries are checked when they are written with beacons. */
  readonly searchedBy?: CoreObject | undefined;
}

/** The rules of a table, in the core. */
export class TableRules {
  readonly #object: CoreObject;

  constructor({ searchedBy, ...options }: TableRulesOptions) {
    const config = {
      ...options,
      attributeActions: Object.entries(options.attributeActions),
      allowedUnsignedAttributes: [...(options.allowedUnsignedAttributes ?? [])],
    };
    this.#object = new CoreObject((owner) => {
      const encryptor = searchedBy?.handle(owner);
      return owner.make((glue) => glue.make_table_rules({ ...config, encryptor }));
    });
  }

  /** Their handle in `owner`. */
  handle(owner: Core): number {
    return this.#object.handle(owner);
  }
}

const EXPRESSIONS = [
  'ConditionExpression',
  'FilterExpression',
  'KeyConditionExpression',
  'UpdateExpression',
  'ProjectionExpression',
] as const;

/** What requests had before there were expressions. */
const LEGACY = [
  'Expected',
  'AttributeUpdates',
  'KeyConditions',
  'QueryFilter',
  'ScanFilter',
  'AttributesToGet',
  'ConditionalOperator',
] as const;

/**
 * The parts of a request that matter here, as DynamoDB gets them: a whole input, an entry of a transaction, or what
 * BatchGetItem has for a table. The caller has read it once: its members are plain.
 */
export type RequestParts = {
  readonly [Name in (typeof EXPRESSIONS)[number]]?: string | null | undefined;
} & {
  readonly [Name in (typeof LEGACY)[number]]?: unknown;
} & {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | null | undefined;
  readonly ExpressionAttributeValues?: AttributeMap | null | undefined;
  readonly ReturnValues?: string | null | undefined;
};

/**
 * Refuses a request that would make records unreadable, compare ciphertexts, or read what cannot be verified.
 *
 * @param operation - the name of the operation (`GetItem`, `BatchGetItem`, `PutItem`, `UpdateItem`, `DeleteItem`, `Query`,
 * `Scan`), or of the entry of a transaction (`Get`, `Put`, `Update`, `Delete`, `ConditionCheck`)
 * @throws UsageError `TABLE_REQUEST_REFUSED`, with the attribute; `INVALID_ARGUMENT` for another operation
 * @throws MalformedInputError `MALFORMED_EXPRESSION`
 * @throws LimitError `LIMIT_EXCEEDED` for more than DynamoDB takes
 */
export function checkRequest(table: TableRules, operation: string, request: RequestParts): void {
  const packed = packedRequest(request);
  setNames(packed, 'values', valuesOf(request));
  setNames(packed, 'legacy', legacyOf(request));
  const owner = core();
  const handle = table.handle(owner);
  const length = write(owner, [packed]);
  owner.make((glue) => glue.check_request(handle, operation, length));
}

/**
 * Refuses what an update gave back of a record without the rest of it (`UPDATED_OLD`, `UPDATED_NEW`), if any of it is signed.
 *
 * @param names - of the attributes in the response
 * @throws UsageError `TABLE_REQUEST_REFUSED`, with the attribute
 */
export function checkUpdated(table: TableRules, names: readonly string[]): void {
  const owner = core();
  const handle = table.handle(owner);
  owner.make((glue) => glue.check_updated(handle, [...names]));
}

/**
 * Every table that a PartiQL statement may name, as it names it: by name or ARN. Of a name with a dot, which may be a table's
 * and its index's, what is before the dot, too.
 *
 * @throws MalformedInputError `MALFORMED_EXPRESSION` where no name can be read: the statement may be about any table
 */
export function statementTables(statement: string): string[] {
  if (typeof statement !== 'string') throw wrong('Statement', 'a string', statement);
  const owner = core();
  owner.make((glue) => glue.statement_tables(statement));
  return owner.read((glue) => glue.take_value()) as string[];
}

/** What became of an update. */
export type UpdateOutcome =
  | {
      /** Its condition does not hold. */
      readonly holds: false;
    }
  | {
      readonly holds: true;
      /** The item as it is to be stored; `undefined` where there is none, and the update makes none. */
      readonly item: AttributeMap | undefined;
      /** `Attributes` of the response; `undefined` where it has none. */
      readonly returned: AttributeMap | undefined;
    };

/**
 * Does to an item in plaintext what DynamoDB would do with the UpdateItem request.
 *
 * @param item - the item as it is stored, in plaintext; `undefined` where there is none
 * @throws UsageError `EXPRESSION_NOT_APPLICABLE` where DynamoDB says ValidationException because of the item
 * @throws MalformedInputError `MALFORMED_EXPRESSION`, `MALFORMED_ATTRIBUTE`, `MALFORMED_NUMBER`
 * @throws LimitError `LIMIT_EXCEEDED`
 */
export function evaluateUpdate(
  request: RequestParts & { readonly Key: AttributeMap },
  item: AttributeMap | undefined,
): UpdateOutcome {
  const packed = packedRequest(request);
  const kind = stringOf(request, 'ReturnValues');
  if (kind !== undefined) packed['ReturnValues'] = { S: kind };
  const items = [packed, valuesOf(request), request.Key];
  if (item !== undefined) items.push(item);
  const outcome = evaluate(
    items,
    (glue, length) => glue.evaluate_update(length),
    (output) => unpackItems(output, 2),
  );
  if (!Array.isArray(outcome)) return { holds: false };
  const [after, returned] = outcome;
  return { holds: true, item: after, returned };
}

/**
 * Whether the request's conditions and filters hold for each item, in plaintext.
 *
 * @throws MalformedInputError `MALFORMED_EXPRESSION`, `MALFORMED_ATTRIBUTE`, `MALFORMED_NUMBER`
 * @throws LimitError `LIMIT_EXCEEDED`
 */
export function evaluateCondition(
  request: RequestParts,
  items: readonly AttributeMap[],
): boolean[] {
  return evaluate(
    [packedRequest(request), valuesOf(request), ...items],
    (glue, length) => glue.evaluate_condition(length),
    heldOf,
  );
}

/**
 * Whether the request's key condition holds for each item, of which no more than its keys are needed.
 *
 * @throws as {@link evaluateCondition}
 */
export function evaluateKeyCondition(
  request: RequestParts,
  items: readonly AttributeMap[],
): boolean[] {
  return evaluate(
    [packedRequest(request), valuesOf(request), ...items],
    (glue, length) => glue.evaluate_key_condition(length),
    heldOf,
  );
}

const heldOf = (output: Uint8Array): boolean[] => Array.from(output, (held) => held === 1);

/** Evaluates what needs no host, so that it has ended when the call has. */
function evaluate<T>(
  items: readonly AttributeMap[],
  start: (glue: Glue, length: number) => number,
  read: (output: Uint8Array) => T,
): T {
  const owner = core();
  const length = write(owner, items);
  return owner.run([], (glue) => start(glue, length), read) as T;
}

/** Writes the items into the core's input; returns its length. */
export function write(owner: Core, items: readonly AttributeMap[]): number {
  let failure: { readonly error: unknown } | undefined;
  // Each item by itself: the place of a value among them says nothing to the caller.
  const input: PackedInput = packItems(items, undefined, (_, error) => (failure ??= { error }));
  try {
    if (failure) throw failure.error;
    return owner.fillInput(input.byteLength, (memory, at, grow) =>
      input.writeInto(memory, at, grow),
    );
  } finally {
    input.discard();
  }
}

/** The request as it crosses: `crates/wasm/src/tables.rs`. */
export function packedRequest(request: RequestParts): AttributeMap {
  const packed: AttributeMap = {};
  for (const name of EXPRESSIONS) {
    const expression = stringOf(request, name);
    if (expression !== undefined) packed[name] = { S: expression };
  }
  const given = mapOf(request, 'ExpressionAttributeNames');
  if (given === undefined) return packed;
  const names: Record<string, { S: string }> = {};
  for (const [placeholder, name] of Object.entries(given)) {
    if (typeof name !== 'string') {
      throw wrong(`ExpressionAttributeNames, ${placeholder}`, 'a string', name);
    }
    setOwn(names, placeholder, { S: name });
  }
  packed['names'] = { M: names };
  return packed;
}

/** Adds a set of names, unless there are none. */
function setNames(packed: AttributeMap, member: string, named: Readonly<Record<string, unknown>>) {
  const names = Object.keys(named);
  if (names.length > 0) packed[member] = { SS: names };
}

export function valuesOf(request: RequestParts): AttributeMap {
  return (mapOf(request, 'ExpressionAttributeValues') ?? {}) as AttributeMap;
}

function stringOf(request: RequestParts, parameter: keyof RequestParts): string | undefined {
  const value = request[parameter] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw wrong(parameter, 'a string', value);
  return value;
}

function mapOf(
  request: RequestParts,
  parameter: keyof RequestParts,
): Readonly<Record<string, unknown>> | undefined {
  const value: unknown = request[parameter] ?? undefined;
  if (value !== undefined && !isPlainObject(value)) throw wrong(parameter, 'an object', value);
  return value;
}

/** The legacy parameters that the request has; empty lists and maps ask for nothing. */
function legacyOf(request: RequestParts): Record<string, unknown> {
  const legacy: Record<string, unknown> = {};
  for (const name of LEGACY) {
    const value = request[name];
    if (value === undefined || value === null) continue;
    // One that cannot be read is there, too.
    if (isObject(value) && Object.keys(value).length === 0) continue;
    legacy[name] = value;
  }
  return legacy;
}
