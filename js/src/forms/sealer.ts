/** What is made of a form's entries: one sealed record, or one token for each field. */

import { internal, usage } from '../errors.js';
import type { AttributeMap, AttributeValue } from '../items/attribute-value.js';
import { toDynamoJson } from '../items/dynamo-json.js';
import { setOwn } from '../util/plain-object.js';
import { fill } from './carrier.js';
import { describeFile, isNoFile, newId, sealFile, type FileSealing } from './files.js';
import type { Entry } from './guard.js';
import { encryptorOf, keysOf } from './table.js';
import { FILE_KEY, sealField } from './token.js';
import type { FileDescription, FormTable, SealedForm } from './types.js';

/** What a form gives to be sealed, read at once. */
export interface Content {
  readonly entries: readonly Entry[];
  /** The names of the fields to be sealed. */
  readonly sealed: ReadonlySet<string>;
  /** Of those the ones that may have several values: they are lists, however many they have. */
  readonly lists: ReadonlySet<string>;
}

/** How a form is sealed. */
export interface Sealing extends FileSealing {
  readonly as: 'item' | 'tokens';
  /** Needed for an item. */
  readonly table: FormTable | undefined;
  /** The name of the field that has the item. */
  readonly field: string;
}

/** Entries as they are sent. */
export interface Sealed {
  readonly item?: AttributeMap;
  readonly entries: readonly Entry<string | Blob>[];
}

export const sealContent = (content: Content, how: Sealing): Promise<Sealed> =>
  how.as === 'tokens' ? sealTokens(content, how) : sealItem(content, how);

/** A value to be sealed: a string, or a file and what describes it. */
type Value = string | { readonly file: File; readonly description: FileDescription };

/** The values of a field; a file input without a file has none. */
function valuesOf({ entries }: Content, name: string, maxFileBytes: number): Value[] {
  return entries.flatMap(([key, value]): Value[] => {
    if (key !== name) return [];
    if (typeof value === 'string') return [value];
    if (isNoFile(value)) return [];
    return [{ file: value, description: describeFile(name, value, maxFileBytes) }];
  });
}

/** The sealed record in one field, before everything else: who opens it knows then which files are to come. */
async function sealItem(content: Content, how: Sealing): Promise<Sealed> {
  const { entries, sealed, lists } = content;
  const table = how.table!;
  const rest = entries.filter(([name]) => !sealed.has(name));
  if (rest.some(([name]) => name === how.field)) {
    const problem = `the form has a field '${how.field}', where the sealed record goes`;
    throw usage('INVALID_ARGUMENT', problem, 'Name another one by the option field.', how.field);
  }
  const plain: AttributeMap = {};
  for (const name of keysOf(table)) setOwn<AttributeValue>(plain, name, { S: keyOf(name, rest) });
  const files: Entry<Value & object>[] = [];
  for (const name of sealed) {
    const values = valuesOf(content, name, how.maxFileBytes);
    setOwn(plain, name, attributeOf(values, lists.has(name) || values.length > 1));
    for (const value of values) if (typeof value === 'object') files.push([name, value]);
  }
  const { signal } = how;
  const { item, header } = await encryptorOf(how, table, sealed).encryptItem(plain, { signal });
  if (!header) throw internal('a form was not sealed');
  const sent: Entry<string | Blob>[] = [[how.field, toDynamoJson(item)], ...rest];
  for (const [name, { file, description }] of files) {
    sent.push([name, await sealFile(name, description, file, how)]);
  }
  return { item, entries: sent };
}

/** The value of a key attribute: that of the field, or a new one. */
function keyOf(name: string, entries: readonly Entry[]): string {
  const values = entries.filter(([key]) => key === name).map(([, value]) => value);
  const [value] = values;
  if (value === undefined) return newId();
  if (values.length === 1 && typeof value === 'string' && value !== '') return value;
  const next = `Give the field one value; without a field '${name}' a record gets a new UUID.`;
  throw usage('INVALID_ARGUMENT', 'the key of the record is not one string', next, name);
}

/** One value is itself, several are a list; none, where there may be one, is NULL: an attribute that is left out would show. */
function attributeOf(values: readonly Value[], list: boolean): AttributeValue {
  const of = (value: Value): AttributeValue => {
    if (typeof value === 'string') return { S: value };
    const { id, name, type, size } = value.description;
    return {
      M: { id: { S: id }, name: { S: name }, type: { S: type }, size: { N: String(size) } },
    };
  };
  if (list) return { L: values.map(of) };
  return values[0] === undefined ? { NULL: true } : of(values[0]);
}

/** A token in the place of each value; of a file, one of its description, and then the file. */
async function sealTokens(content: Content, how: Sealing): Promise<Sealed> {
  const { keyring, cmm, signal, maxFileBytes } = how;
  const sent: Entry<string | Blob>[] = [];
  for (const entry of content.entries) {
    const [name] = entry;
    if (!content.sealed.has(name)) {
      sent.push(entry);
      continue;
    }
    const [one] = valuesOf({ ...content, entries: [entry] }, name, maxFileBytes);
    if (one === undefined) continue;
    if (typeof one === 'string') {
      sent.push([name, await sealField(name, one, { keyring, cmm, signal })]);
      continue;
    }
    const { description, file } = one;
    const encryptionContext = { [FILE_KEY]: description.id };
    const options = { keyring, cmm, signal, encryptionContext };
    sent.push([name, await sealField(name, JSON.stringify(description), options)]);
    sent.push([name, await sealFile(name, description, file, how)]);
  }
  return { entries: sent };
}

/** What a caller gets. */
export function resultOf({ item, entries }: Sealed, field: string): SealedForm {
  const json = jsonOf(entries, item && field);
  return {
    ...(item && { item }),
    formData: fill(new FormData(), entries),
    ...(json !== undefined && { json }),
  };
}

/** The entries as one object; a field that comes several times is an array. Nothing where there are files. */
function jsonOf(entries: readonly Entry<string | Blob>[], field?: string): string | undefined {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    if (typeof value !== 'string') return undefined;
    const one: unknown = name === field ? JSON.parse(value) : value;
    const before = Object.hasOwn(fields, name) ? [fields[name]].flat() : [];
    setOwn(fields, name, before.length > 0 ? [...before, one] : one);
  }
  return JSON.stringify(fields);
}
