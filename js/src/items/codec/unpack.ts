/**
 * What comes back from the core, put together with what was packed; the counterpart of `pack.ts`.
 *
 * Sealed: `word count W, items, then for each item: state (0 unchanged, 1 sealed, 2 failed, 3 sealed with beacons), and when
 * sealed header, footer and info length, ciphertext count, that many pairs of attribute index and length; with beacons 1 + index of
 * the attribute that goes, or 0, beacon count, and for each its name's length, 0 for a string or 1 + member count, and the length
 * of each string`; after the words the bytes of each sealed item: header, footer, info, ciphertexts, names and strings.
 *
 * Opened: `W, items, text bytes, text length (UTF-16 units), binary bytes, then for each item:
 * state (3: not asked for), and when opened info and header length, attribute count, an action for each attribute, value
 * count, and for each value (those that were encrypted, and all binary ones) its attribute index and
 * node`; after the words info and header of each item, all binary values, all text. W counts the
 * words that follow it.
 *
 * @module
 */

import type { AttributeMap, AttributeValue } from '../attribute-value.js';
import { internal } from '../../errors.js';
import { NodeType } from './node-type.js';
import { ACTION_NAMES, type ActionName } from '../../generated/config.js';
import { setOwn } from '../../util/plain-object.js';
import { FOOTER, HEADER, type PackedItem } from './pack.js';
import { ObjectBuilder } from './object-builder.js';
import { utf8Decoder } from '../../util/utf8.js';

/** Attributes whose names begin so belong to the format and are the core's to write. */
const RESERVED_PREFIX = 'aws_dbe_';

/** The action number of an attribute that belongs to the format. */
const BELONGS_TO_FORMAT = 4;

/**
 * What is done with an attribute; {@link TableDefinition} shows how it is said.
 *
 * - `ENCRYPT_AND_SIGN`: secret, and changes are found.
 * - `SIGN_ONLY`: readable, and changes are found.
 * - `SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT`: the same, and keyrings, KMS and its logs see it.
 * - `DO_NOTHING`: readable, and whoever can write the item can change it.
 */
export type CryptoAction = ActionName;

/** An item as it leaves encryption. */
export interface SealedItem {
  readonly item: AttributeMap;
  /** A copy of its header, since the item is the caller's; absent when it stays in plaintext. */
  readonly header?: Uint8Array;
  /** The encryption context, for `readContext`; absent when the item stays in plaintext. */
  readonly info?: Uint8Array;
}

/** What a sealed item says of itself. */
export interface StoredParts {
  /** Its header. */
  readonly header: Uint8Array | undefined;
  /** The encryption context, for `readContext`. */
  readonly info: Uint8Array;
  /** What is done with each attribute. */
  readonly actions: Readonly<Record<string, CryptoAction>>;
}

/** An item as it leaves decryption. */
export interface OpenedItem {
  readonly item: AttributeMap;
  /** What it said, as it was verified; absent when the item was in plaintext. */
  readonly stored?: () => StoredParts;
}

/**
 * What became of an item: nothing; its change follows, and perhaps beacons; an error, which crosses by itself; or that it was not
 * asked for.
 */
const UNCHANGED = 0;
const CHANGED = 1;
const FAILED = 2;
// The last one: of sealing, and of opening.
const WITH_BEACONS = 3;
const LEFT_OUT = 3;

/** Reads the beacons that come, and takes away the attribute that goes: what a table that is searched has. */
export type TakeBeacons = (
  words: Words,
  bytes: Bytes,
  names: string[],
  values: (AttributeValue | undefined)[],
) => { readonly names: string[]; readonly values: AttributeValue[] };

/** What stands for an item that a request found and did not ask for. */
export const NOT_ASKED_FOR: AttributeMap = Object.freeze({});

const plainObjects = new ObjectBuilder<AttributeValue>();
const sealedObjects = new ObjectBuilder<AttributeValue>();
const openedObjects = new ObjectBuilder<AttributeValue>();

/**
 * The items that encryption made: encrypted attributes replaced by `{B}`, the others as they were
 * packed, in the same order, and then the format's two attributes.
 *
 * @param output - what the core wrote, and nothing more; read before any other call of the core
 * @param items - the items of the same batch, as packed
 * @param takeBeacons - reads beacons, where the table is searched
 * @returns `undefined` for an item that failed
 * @throws InternalError when the two do not fit together
 */
export function unpackSealed(
  output: Uint8Array,
  items: readonly PackedItem[],
  takeBeacons?: TakeBeacons,
): (SealedItem | undefined)[] {
  const words = new Words(output);
  const bytes = new Bytes(output, words.end, output.length);
  checkCount(words.next(), items.length);
  const sealed = new Array<SealedItem | undefined>(items.length);
  for (let i = 0; i < items.length; i++) {
    const packed = items[i] as PackedItem;
    const state = words.state();
    if (state === UNCHANGED) sealed[i] = plainItem(packed);
    else if (state !== FAILED) {
      sealed[i] = sealItem(words, bytes, packed, state === WITH_BEACONS ? takeBeacons : undefined);
    }
  }
  words.finish();
  bytes.finish();
  return sealed;
}

/** An item in plaintext as it was packed. */
export function plainItem({ names, values }: PackedItem): SealedItem {
  return { item: plainObjects.build(names, whole(values)) };
}

/** The values of an item once the core has given back what it had to. */
function whole(values: readonly (AttributeValue | undefined)[]): readonly AttributeValue[] {
  if (values.includes(undefined)) throw internal('a value is missing');
  return values as readonly AttributeValue[];
}

function sealItem(
  words: Words,
  bytes: Bytes,
  packed: PackedItem,
  takeBeacons: TakeBeacons | undefined,
): SealedItem {
  const head = bytes.take(words.next());
  const foot = bytes.take(words.next());
  const info = bytes.take(words.next());
  const values = packed.values.slice();
  for (let left = words.next(); left > 0; left--) {
    const index = words.next();
    if (index >= values.length) throw internal('a value of no attribute');
    values[index] = { B: bytes.take(words.next()) };
  }
  const names = packed.names.slice();
  const added = takeBeacons?.(words, bytes, names, values);
  dropReserved(names, values);
  if (added) {
    names.push(...added.names);
    values.push(...added.values);
  }
  names.push(HEADER, FOOTER);
  values.push({ B: head }, { B: foot });
  return { item: sealedObjects.build(names, whole(values)), header: head.slice(), info };
}

/** Leftovers of an earlier encryption; the core decides whether they are allowed at all. */
function dropReserved(names: string[], values: (AttributeValue | undefined)[]): void {
  let kept = 0;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (name.startsWith(RESERVED_PREFIX)) continue;
    if (kept !== i) {
      names[kept] = name;
      values[kept] = values[i];
    }
    kept++;
  }
  names.length = kept;
  values.length = kept;
}

/**
 * The items that decryption made: encrypted attributes replaced by their values, the format's
 * attributes gone, the others as they were packed and in the same order.
 *
 * @param output - what the core wrote, and nothing more; read before any other call of the core
 * @param items - the items of the same batch, as packed
 * @returns `undefined` for an item that failed
 * @throws InternalError when the two do not fit together
 */
export function unpackOpened(
  output: Uint8Array,
  items: readonly PackedItem[],
): (OpenedItem | undefined)[] {
  const words = new Words(output);
  checkCount(words.next(), items.length);
  const textBytes = words.next();
  const units = words.next();
  const binaryBytes = words.next();
  const textStart = output.length - textBytes;
  const binaryStart = textStart - binaryBytes;
  const infos = new Bytes(output, words.end, binaryStart);
  const binary = new Bytes(output, binaryStart, textStart);
  const text = new Text(output.subarray(Math.max(0, textStart)), units);
  const opened = new Array<OpenedItem | undefined>(items.length);
  for (let i = 0; i < items.length; i++) {
    const packed = items[i] as PackedItem;
    const state = words.state();
    if (state === CHANGED) opened[i] = openItem(words, infos, binary, text, packed);
    else if (state === UNCHANGED) opened[i] = plainItem(packed);
    else if (state === LEFT_OUT) opened[i] = { item: NOT_ASKED_FOR };
  }
  words.finish();
  infos.finish();
  binary.finish();
  text.finish();
  return opened;
}

function openItem(
  words: Words,
  infos: Bytes,
  binary: Bytes,
  text: Text,
  packed: PackedItem,
): OpenedItem {
  const infoLength = words.next();
  const stored = infos.take(infoLength + words.next());
  const count = words.next();
  checkCount(count, packed.names.length);
  const codes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const code = words.next();
    if (code > BELONGS_TO_FORMAT) throw internal(`action ${code}`);
    codes[i] = code;
  }
  const all = packed.values.slice();
  for (let left = words.next(); left > 0; left--) {
    const index = words.next();
    if (index >= count) throw internal('a value of no attribute');
    all[index] = readValue(words, binary, text);
  }
  const names: string[] = [];
  const values: (AttributeValue | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    if (codes[i] === BELONGS_TO_FORMAT) continue;
    names.push(packed.names[i] as string);
    values.push(all[i]);
  }
  const item = openedObjects.build(names, whole(values));
  // Most callers want the item and nothing else.
  return { item, stored: () => storedParts(stored, infoLength, packed.names, codes) };
}

function storedParts(
  stored: Uint8Array,
  infoLength: number,
  names: readonly string[],
  codes: Uint8Array,
): StoredParts {
  const actions: Record<string, CryptoAction> = {};
  for (let i = 0; i < names.length; i++) {
    const action = ACTION_NAMES[codes[i] as number];
    if (action !== undefined) setOwn(actions, names[i] as string, action);
  }
  return { header: stored.subarray(infoLength), info: stored.subarray(0, infoLength), actions };
}

export function readValue(words: Words, binary: Bytes, text: Text): AttributeValue {
  const node = words.next();
  const length = node >>> 4;
  switch (node & 15) {
    case NodeType.S:
      return { S: text.take(length) };
    case NodeType.N:
      return { N: text.take(length) };
    case NodeType.B:
      return { B: binary.take(length) };
    case NodeType.BOOL:
      return { BOOL: length !== 0 };
    case NodeType.NULL:
      return { NULL: length !== 0 };
    case NodeType.SS:
      return { SS: readTexts(words, text, length) };
    case NodeType.NS:
      return { NS: readTexts(words, text, length) };
    case NodeType.BS: {
      const members: Uint8Array[] = [];
      for (let i = 0; i < length; i++) members.push(binary.take(words.next()));
      return { BS: members };
    }
    case NodeType.M: {
      const entries: AttributeMap = {};
      for (let i = 0; i < length; i++) {
        const key = text.take(words.next());
        setOwn(entries, key, readValue(words, binary, text));
      }
      return { M: entries };
    }
    case NodeType.L: {
      const values: AttributeValue[] = [];
      for (let i = 0; i < length; i++) values.push(readValue(words, binary, text));
      return { L: values };
    }
    default:
      throw internal(`node type ${node & 15}`);
  }
}

function readTexts(words: Words, text: Text, count: number): string[] {
  const members: string[] = [];
  for (let i = 0; i < count; i++) members.push(text.take(words.next()));
  return members;
}

export function checkCount(found: number, expected: number): void {
  if (found !== expected) throw internal(`${found} entries from the core, ${expected} expected`);
}

/** The words of an output, little-endian wherever this runs, and never past their end. */
export class Words {
  /** Where the bytes after the words begin. */
  readonly end: number;
  readonly #view: DataView;
  #at = 4;

  constructor(output: Uint8Array) {
    if (output.length < 4) throw internal('an output with too few words');
    this.#view = new DataView(output.buffer, output.byteOffset, output.byteLength);
    this.end = 4 + 4 * this.#view.getUint32(0, true);
    if (this.end > output.length) throw internal('an output cut short');
  }

  next(): number {
    const at = this.#at;
    if (at >= this.end) throw internal('an output with too few words');
    this.#at = at + 4;
    return this.#view.getUint32(at, true);
  }

  state(): number {
    const state = this.next();
    if (state > LEFT_OUT) throw internal(`state ${state}`);
    return state;
  }

  finish(): void {
    if (this.#at !== this.end) throw internal('an output with too many words');
  }
}

/** A region of bytes, handed out piece by piece as copies with a buffer of their own. */
export class Bytes {
  readonly #output: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(output: Uint8Array, start: number, end: number) {
    if (start < 0 || start > end) throw internal('an output with overlapping regions');
    // `slice` of Node's Buffer, and only of that, returns a view instead of a copy.
    this.#output =
      output.constructor === Uint8Array
        ? output
        : new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
    this.#at = start;
    this.#end = end;
  }

  take(length: number): Uint8Array {
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw internal('an output with too few bytes');
    this.#at = end;
    return this.#output.slice(start, end);
  }

  finish(): void {
    if (this.#at !== this.#end) throw internal('an output with too many bytes');
  }
}

/** All text of an output, decoded at once; the strings are cut out by their lengths. */
export class Text {
  readonly #text: string;
  #at = 0;

  constructor(bytes: Uint8Array, units: number) {
    try {
      this.#text = utf8Decoder().decode(bytes);
    } catch {
      throw internal('text that is not UTF-8');
    }
    checkCount(this.#text.length, units);
  }

  take(length: number): string {
    const start = this.#at;
    this.#at = start + length;
    if (this.#at > this.#text.length) throw internal('an output with too few units');
    return this.#text.substring(start, this.#at);
  }

  finish(): void {
    if (this.#at !== this.#text.length) throw internal('an output with too many units');
  }
}
