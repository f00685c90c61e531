/** Looks at what is to be stored, without a key. */

import { limitOption } from '../core/limits.js';
import { limit, usage } from '../errors.js';
import type { ItemSuite } from '../generated/config.js';
import {
  inspectHeader,
  type EncryptedDataKey,
  type MessageSuite,
  type StoredHeader,
  type StoredMessageHeader,
} from '../inspect.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { fromDynamoJson, toDynamoJson } from '../items/dynamo-json.js';
import { COPY, readOptions } from '../util/options.js';
import { ownValue } from '../util/plain-object.js';
import { mustBeArray, mustBeStrings, stringArray } from '../util/strings.js';
import { inspector } from './complete.js';
import { malformed, plaintext } from './errors.js';
import { keysOf, readTable } from './table.js';
import { isToken, messageOf, NAME_KEY } from './token.js';
import { isWhole } from './token-body.js';
import type { FormTable } from './types.js';

/**
 * Options of {@link checkSealed}: what may be stored.
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, toDynamoJson } from 'fieldseal/items'
 * import { checkSealed, type CheckSealedOptions } from 'fieldseal/forms'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' }
 * const { item } = await new ItemEncryptor({
 *   ...table,
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 * }).encryptItem({ customer_id: { S: 'c-1' }, ssn: { S: '078-05-1120' } })
 *
 * const options: CheckSealedOptions = {
 *   table,
 *   seal: ['ssn'],
 *   keyNames: ['key-1'],
 *   suites: ['6701'],
 *   maxLength: 4_096,
 * }
 * const checked = await checkSealed(toDynamoJson(item), options)
 * console.log(Object.keys(checked.item ?? {}).length) // → 4
 * ```
 */
export interface CheckSealedOptions {
  /** Of a record: its table, as the page has it. */
  readonly table?: FormTable | undefined;
  /** Of a record: the fields that are sealed, all of them, and no others may be there. */
  readonly seal?: readonly string[] | undefined;
  /** Of a token: the name of its field. */
  readonly name?: string | undefined;
  /** Whom it may be sealed for, each by the name in {@link EncryptedDataKey.keyName}: the ARN of a KMS key, the name of a raw one. */
  readonly keyNames: readonly string[];
  /** The algorithm suites that it may have; by default every one that commits to its key. */
  readonly suites?: readonly (ItemSuite | MessageSuite)[] | undefined;
  /** The longest that it may be, in characters of JSON or of the token: at least 1, or `Infinity`; default 400 KiB. */
  readonly maxLength?: number | undefined;
}

/** What {@link checkSealed} returns: what a record or a token says of itself. */
export interface CheckedSealed {
  /** The record, to be stored; absent of a token. */
  readonly item?: AttributeMap;
  /** The header, not verified. */
  readonly header: StoredHeader | StoredMessageHeader;
}

/** The suites that commit to their key. */
const COMMITTING = ['6700', '6701', '0478', '0578'];
/** A type, and the tag of the cipher: no sealed attribute is shorter. */
const MIN_SEALED = 18;
/** 'e', for an attribute that is encrypted. */
const ENCRYPTED = 0x65;
const MAX_LENGTH = 400 << 10;

/**
 * Checks the form of a sealed record or of a token before it is stored, without a key: that it is one, its suite, whom it is sealed
 * for, its fields, its size. So a backend that only stores holds no plaintext by mistake of a client. Not that it is authentic:
 * whoever can send it can have made it up, and only who has the key can tell.
 *
 * @param value - the field `fieldseal` of a form, as a string or as JSON that was read; or a token
 * @throws UsageError `PLAINTEXT_ITEM` naming a field that is not sealed, `SUITE_NOT_ALLOWED`, `INVALID_ARGUMENT`, `INVALID_CONFIG`
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE` naming fields that are missing or unknown, and a key that is not allowed;
 * `MALFORMED_HEADER`, `MALFORMED_MESSAGE`; LimitError `LIMIT_EXCEEDED`
 *
 * @example
 * ```ts
 * import { rawAesKeyring } from 'fieldseal/items'
 * import { checkSealed, sealField } from 'fieldseal/forms'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const token = await sealField('ssn', '078-05-1120', { keyring })
 *
 * // On the server that stores it.
 * const { header } = await checkSealed(token, { name: 'ssn', keyNames: ['key-1'] })
 * console.log(header.algorithmSuite) // → 0578
 * const failure = await checkSealed('078-05-1120', { name: 'ssn', keyNames: ['key-1'] }).catch(
 *   (error: unknown) => error,
 * )
 * console.log((failure as { code: string }).code) // → PLAINTEXT_ITEM
 * ```
 */
export async function checkSealed(
  value: string | object,
  options: CheckSealedOptions,
): Promise<CheckedSealed> {
  const given = readOptions(options, {
    table: COPY,
    seal: COPY,
    name: COPY,
    keyNames: COPY,
    suites: COPY,
    maxLength: COPY,
  });
  const { name, table, seal, suites = COMMITTING } = given;
  stringArray('keyNames', given.keyNames);
  mustBeArray('suites', suites, 'suites');
  const max = limitOption('maxLength', given.maxLength, MAX_LENGTH, Number.MAX_SAFE_INTEGER);
  const within = (text: unknown): void => {
    if (typeof text !== 'string' || text.length <= max) return;
    throw limit(`${text.length} characters are more than maxLength, ${max}`, name);
  };
  within(value);
  let checked: CheckedSealed;
  if (name !== undefined && !table && !seal) checked = { header: await tokenHeader(name, value) };
  else if (name === undefined && table && seal)
    checked = checkItem(value, keysOf(readTable(table)), seal);
  else {
    throw usage(
      'INVALID_CONFIG',
      'give { table, seal } of a record, or the name of a token',
      'Give one of the two.',
    );
  }
  const { algorithmSuite, encryptedDataKeys } = checked.header;
  if (!(suites as readonly string[]).includes(algorithmSuite)) {
    const problem = `it is sealed by the suite ${algorithmSuite}, which is not one of ${suites.join(', ')}`;
    throw usage('SUITE_NOT_ALLOWED', problem, 'Refuse it, or allow the suite.');
  }
  mustBeKnown(encryptedDataKeys, given.keyNames);
  // Of JSON that was read, its length when it is written.
  if (checked.item && typeof value !== 'string') within(toDynamoJson(checked.item));
  return checked;
}

async function tokenHeader(name: string, token: string | object): Promise<StoredMessageHeader> {
  mustBeStrings({ name });
  if (!isToken(token)) throw plaintext(name);
  const message = messageOf(token, name);
  const header = (await inspector())(message);
  if (ownValue(header.storedEncryptionContext, NAME_KEY) !== name)
    throw malformed('it is of another field', 'Send it as the field it was sealed for.', name);
  // openField opens no other version.
  if (header.version !== 2 || !isWhole(message, header)) {
    const next = 'Refuse it: what seals a field sends all of it.';
    throw malformed('it is cut off, or not what sealField makes', next, name, 'MALFORMED_MESSAGE');
  }
  return header;
}

function checkItem(
  value: string | object,
  keys: readonly string[],
  seal: readonly string[],
): CheckedSealed {
  stringArray('seal', seal);
  const item = fromDynamoJson(value);
  const wanted = [...keys, ...seal, 'aws_dbe_head', 'aws_dbe_foot'];
  const found = Object.keys(item);
  // First: a record in plaintext lacks all that makes a sealed one.
  for (const name of seal) mustBeSealed(item, name);
  const problems = Object.entries({
    missing: wanted.filter((name) => !found.includes(name)),
    unknown: found.filter((name) => !wanted.includes(name)),
  }).filter(([, names]) => names.length > 0);
  const [first] = problems;
  if (first) {
    const listed = problems.map(([what, names]) => `${what}: ${names.join(', ')}`).join('; ');
    throw malformed(listed, 'Send the keys and the sealed fields.', first[1][0]);
  }
  const head = item['aws_dbe_head']?.B;
  const header = inspectHeader(head);
  // Bytes that are signed only look like those that are encrypted.
  const encrypted = encryptedCount(head!);
  if (encrypted < new Set(seal).size) {
    const problem = `of the fields ${seal.join(', ')} the header calls ${encrypted} encrypted`;
    const next = 'Refuse it, and have the page seal them with the action ENCRYPT_AND_SIGN.';
    throw usage('PLAINTEXT_ITEM', problem, next, seal.length === 1 ? seal[0] : undefined);
  }
  return { item, header };
}

/**
 * @throws UsageError `PLAINTEXT_ITEM` for an attribute that is there, and is not of the form that a sealed one has
 */
export function mustBeSealed(item: AttributeMap, name: string): void {
  const bytes = ownValue(item, name)?.B;
  if (Object.hasOwn(item, name) && !(bytes && bytes.length >= MIN_SEALED)) throw plaintext(name);
}

/** How many attributes are encrypted, says a header that was inspected: a letter for each, after version, suite and message id. */
function encryptedCount(head: Uint8Array): number {
  const letters = head.subarray(36, 36 + head[34]! * 256 + head[35]!);
  return letters.filter((letter) => letter === ENCRYPTED).length;
}

function mustBeKnown(
  encryptedDataKeys: readonly EncryptedDataKey[],
  keyNames: readonly string[],
): void {
  for (const { keyName } of encryptedDataKeys) {
    if (keyName !== undefined && keyNames.includes(keyName)) continue;
    const next = 'Seal it for the keys of keyNames, and for no other.';
    throw malformed(`it is sealed for the key '${keyName ?? 'without a name'}'`, next);
  }
}
