/**
 * Items on their way into the core: one buffer for a whole batch, columnar, so that all text is
 * encoded in one call and nothing is allocated per attribute. Little-endian words (u32):
 *
 *     items, node words, binary bytes, text bytes (UTF-8), text length (UTF-16 units)
 *
 * then the nodes, the binary values and the text, each in the order of traversal. A node is
 * `type | length << 4`; an attribute or a map entry is its name's length and then its node. Text
 * lengths are UTF-16 units. The core reads the same in `crates/wasm/src/`.
 *
 * @module
 */

import type { AttributeMap, AttributeValue } from '../attribute-value.js';
import { isShort, lengthOf } from '../../util/bytes.js';
import type { Grow } from '../../core/core.js';
import { atItem, internal, usage, wrong, wrongItem } from '../../errors.js';
import { NodeType } from './node-type.js';
import { sameNames } from './object-builder.js';
import { isPlainObject, setOwn } from '../../util/plain-object.js';
import { Trail } from '../value-path.js';
import { utf8Encoder } from '../../util/utf8.js';

/** Words before the nodes. */
const HEADER_WORDS = 5;

/** Lengths and totals stay below this, because a node keeps its length in 28 bits. */
export const MAX_LENGTH = 2 ** 28;

/** Node words of one crossing: 256 MiB, long before which the core has refused the items. */
const MAX_WORDS = 2 ** 26;

/** The attributes of a sealed item that belong to the format. */
export const HEADER = 'aws_dbe_head';
export const FOOTER = 'aws_dbe_foot';

const hasOwn = Object.prototype.hasOwnProperty;

/** Only text with a surrogate in it needs the slow look for lone ones. */
const ANY_SURROGATE = /[\ud800-\udfff]/;

/** With the `u` flag a pair is one character, so this finds lone surrogates only. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * An item as it was when it was packed, with nothing of the caller's in it. What comes back from the core is put
 * together from this: the caller may change the item while keys are fetched and afterwards, and what is given out would
 * not be what was sealed or verified.
 */
export interface PackedItem {
  /** The names of its attributes, in its order. */
  readonly names: readonly string[];
  /** Copies of the values, by the position of their name; `undefined` for those that the core gives back. */
  readonly values: readonly (AttributeValue | undefined)[];
}

/**
 * What the core gives back of an item, so that no copy is kept: in sealing, the attributes of these names; in opening
 * a sealed item, `'binary'` attributes.
 */
export type GivenBack = ReadonlySet<string> | 'binary';

const NOTHING: GivenBack = new Set();

/** Packed items that wait to be written into the core's memory. */
export interface PackedInput {
  /** How many bytes to reserve at first. The text's UTF-8 length is not known yet: it is taken for ASCII, nearly. */
  readonly byteLength: number;
  /** The items that are packed, to be kept for `unpackSealed` or `unpackOpened`. */
  readonly items: readonly PackedItem[];
  /**
   * Writes the input and forgets it; call it once.
   *
   * @param memory - the core's memory
   * @param at - where in it `byteLength` bytes are reserved
   * @param grow - makes the room longer
   * @returns the bytes that were written
   */
  writeInto(memory: Uint8Array, at: number, grow: Grow): number;
  /** Forgets the input unwritten; for when its memory could not be had. */
  discard(): void;
}

/** Scratch of more words than this is not kept for the next batch, nor of more bytes. */
const KEPT_WORDS = 2 ** 16;

/** Packs batch after batch with the same scratch arrays, one at a time. */
export class Packer {
  #words = new Uint32Array(256);
  #count = 0;
  // Words promised by the containers read so far, written or not; the array is never shorter.
  #reserved = 0;
  #names: readonly string[] = [];
  #text = '';
  #units = 0;
  // Binary values: the short ones together, so that none is an object of its own, and the long ones, each with the length of
  // the short ones before it.
  #short = new Uint8Array(256);
  #shortLength = 0;
  #long: (readonly [before: number, bytes: Uint8Array])[] = [];
  #binaryLength = 0;
  #items: PackedItem[] = [];
  #held: PackedInput | undefined = undefined;
  #busy = false;
  #givenBack = NOTHING;
  /** Whether the attribute that is being read is kept, and whether one that is binary would be. */
  #keeps = true;
  #binaryComesBack = false;
  #trail = new Trail();
  /** Where the walk is, in a batch of more than one item. */
  #itemIndex: number | undefined = undefined;

  /** Whether packed items wait in it, or are being packed. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Reads the items, every property once, checks their form and holds them until they are written or discarded.
   *
   * @throws UsageError `INVALID_ARGUMENT` for an item that is not a plain object, for properties that would be lost
   * (inherited ones, symbols, those that are not enumerable) and for a map or list that contains itself, MalformedInputError `MALFORMED_ATTRIBUTE` for a value of the wrong
   * form, LimitError
   *
   * @param failed - told of each item that cannot be packed and of what it threw; then the others are packed
   */
  pack(
    items: readonly AttributeMap[],
    givenBack = NOTHING,
    failed?: (index: number, error: unknown) => void,
  ): PackedInput {
    if (this.#busy) this.discard();
    this.#busy = true;
    this.#givenBack = givenBack;
    try {
      if (!Array.isArray(items)) {
        throw wrong('items', 'an array', items);
      }
      const many = items.length > 1;
      for (let i = 0; i < items.length; i++) {
        this.#itemIndex = many ? i : undefined;
        if (failed) this.#tryItem(items[i], (error) => failed(i, error));
        else this.#item(items[i]);
      }
      this.#trail.attribute = undefined;
    } catch (error) {
      const itemIndex = this.#itemIndex;
      this.discard();
      throw itemIndex === undefined ? error : atItem(error, itemIndex);
    }
    const text = this.#units + (this.#units >> 4) + 32;
    const byteLength = (HEADER_WORDS + this.#count) * 4 + this.#binaryLength + text;
    return (this.#held = new Packed(this, byteLength, this.#items));
  }

  /** As {@link PackedInput.writeInto}, for the items packed last. */
  writeInto(memory: Uint8Array, at: number, grow: Grow): number {
    try {
      return this.#write(memory, at, grow);
    } finally {
      this.discard();
    }
  }

  /** As {@link PackedInput.discard}, for the items packed last. */
  discard(): void {
    // Plaintext must not wait in scratch arrays for the next batch; flags live in the words.
    if (this.#words.length > KEPT_WORDS) this.#words = new Uint32Array(256);
    else this.#words.fill(0, 0, this.#count);
    this.#count = 0;
    this.#reserved = 0;
    this.#text = '';
    this.#units = 0;
    this.#short.fill(0, 0, this.#shortLength);
    if (lengthOf(this.#short) > KEPT_WORDS) this.#short = new Uint8Array(256);
    this.#shortLength = 0;
    if (this.#long.length > 0) this.#long = [];
    this.#binaryLength = 0;
    // A new array: the caller keeps the old one until its items come back.
    this.#items = [];
    this.#names = [];
    this.#held = undefined;
    this.#busy = false;
    this.#givenBack = NOTHING;
    this.#itemIndex = undefined;
    if (this.#trail.dirty) this.#trail.reset();
  }

  /** Whether this is what the packer holds, and not an earlier batch. */
  holds(packed: PackedInput): boolean {
    return this.#held === packed;
  }

  #write(memory: Uint8Array, at: number, grow: Grow): number {
    const room = this.#held?.byteLength ?? Infinity;
    if (!(at >= 0 && at + room <= memory.length)) {
      throw internal('no packed items, or no room for them');
    }
    const words = this.#words;
    const count = this.#count;
    // The core is little-endian wherever it runs, hence a DataView and no copy of the array.
    let view = new DataView(memory.buffer, memory.byteOffset + at, room);
    let offset = HEADER_WORDS * 4;
    for (let i = 0; i < count; i++) {
      view.setUint32(offset, words[i] as number, true);
      offset += 4;
    }
    const binaryEnd = offset + this.#binaryLength;
    let copied = 0;
    for (const [before, bytes] of [...this.#long, [this.#shortLength, new Uint8Array()] as const]) {
      memory.set(this.#short.subarray(copied, before), at + offset);
      offset += before - copied;
      copied = before;
      const length = lengthOf(bytes);
      // Its buffer was taken away since, by the caller's own getters.
      if (length === 0) continue;
      memory.set(bytes, at + offset);
      offset += length;
    }
    if (offset !== binaryEnd) {
      throw usage('INVALID_ARGUMENT', 'a binary value changed its length while it was read');
    }
    const target = memory.subarray(at + offset, at + room);
    let { read, written } = utf8Encoder().encodeInto(this.#text, target);
    if (read < this.#units) {
      // The most that the rest can take.
      const rest = this.#text.slice(read);
      ({ memory, at } = grow(offset + written + 3 * rest.length));
      view = new DataView(memory.buffer, memory.byteOffset + at);
      const more = utf8Encoder().encodeInto(rest, memory.subarray(at + offset + written));
      read += more.read;
      written += more.written;
    }
    if (read !== this.#units) throw internal('the text was not written to its end');
    // Sealed, it would be too long to be opened.
    if (written >= MAX_LENGTH) throw this.#trail.limit('bytes of all text in one call', MAX_LENGTH);
    view.setUint32(0, this.#items.length, true);
    view.setUint32(4, count, true);
    view.setUint32(8, this.#binaryLength, true);
    view.setUint32(12, written, true);
    view.setUint32(16, this.#units, true);
    return offset + written;
  }

  /** As {@link Packer.#item}, but leaves nothing behind of an item that cannot be packed. */
  #tryItem(item: unknown, failed: (error: unknown) => void): void {
    const [count, reserved, text, units] = [this.#count, this.#reserved, this.#text, this.#units];
    const [short, long] = [this.#shortLength, this.#long.length];
    const binaryLength = this.#binaryLength;
    try {
      this.#item(item);
    } catch (error) {
      this.#words.fill(0, count, this.#count);
      [this.#count, this.#reserved, this.#text, this.#units] = [count, reserved, text, units];
      this.#short.fill(0, short, this.#shortLength);
      this.#shortLength = short;
      this.#long.length = long;
      this.#binaryLength = binaryLength;
      this.#trail.reset();
      failed(error);
    }
  }

  #item(item: unknown): void {
    const start = this.#count;
    // Its own text, which is looked at by itself.
    const before = this.#text;
    this.#text = '';
    this.#trail.attribute = undefined;
    if (!isPlainObject(item)) {
      throw wrongItem(item);
    }
    const found = this.#trail.names(item);
    // Items of one table mostly have the same names: one list for all of them, by which others know that.
    const names = sameNames(found, this.#names) ? this.#names : (this.#names = found);
    const values = new Array<AttributeValue | undefined>(names.length);
    const given = this.#givenBack;
    // An item in plaintext comes back from here.
    this.#binaryComesBack =
      given === 'binary' && (names.includes(HEADER) || names.includes(FOOTER));
    this.#reserve(1 + 2 * names.length);
    this.#words[this.#count++] = names.length;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const value = item[name];
      this.#trail.attribute = name;
      this.#key(name);
      this.#keeps = given === 'binary' || !given.has(name);
      const copy = this.#value(value);
      values[i] = this.#keeps ? copy : undefined;
    }
    this.#checkText(start);
    this.#text = before + this.#text;
    this.#items.push({ names, values });
  }

  /** Packs a value; returns a copy. */
  #value(value: unknown): AttributeValue {
    // Not `soleMember`: for-in reads an object of one member without allocating an array.
    const members = this.#trail.object(value) as Record<string, unknown>;
    let type = '';
    let member: unknown;
    for (const key in members) {
      const candidate = members[key];
      if (candidate === undefined || !hasOwn.call(members, key)) continue;
      if (type !== '') throw this.#trail.twoTypes(type, key);
      type = key;
      member = candidate;
    }
    switch (type) {
      case 'S':
        return { S: this.#string(NodeType.S, 'S', member) };
      case 'N':
        return { N: this.#string(NodeType.N, 'N', member) };
      case 'B':
        return this.#binary(member);
      case 'BOOL':
        return { BOOL: this.#flag(NodeType.BOOL, 'BOOL', member) };
      case 'NULL':
        return { NULL: this.#flag(NodeType.NULL, 'NULL', member) };
      case 'M':
        return { M: this.#map(member) };
      case 'L':
        return { L: this.#list(member) };
      case 'SS':
        return { SS: this.#stringSet(NodeType.SS, 'SS', member) };
      case 'NS':
        return { NS: this.#stringSet(NodeType.NS, 'NS', member) };
      case 'BS':
        return { BS: this.#binarySet(member) };
      default:
        throw this.#trail.unknownType(type);
    }
  }

  #node(type: NodeType, length: number): void {
    this.#words[this.#count++] = type | (length << 4);
  }

  /** The length of a name, a map key or a member of a set, and the text itself. */
  #key(text: string): void {
    this.#words[this.#count++] = text.length;
    this.#append(text);
  }

  #string(type: NodeType, what: string, member: unknown): string {
    const text = this.#trail.string(what, member);
    this.#node(type, text.length);
    this.#append(text);
    return text;
  }

  #flag(type: NodeType, what: string, member: unknown): boolean {
    const flag = this.#trail.flag(what, member);
    this.#node(type, flag ? 1 : 0);
    return flag;
  }

  #append(text: string): void {
    this.#units += text.length;
    if (this.#units >= MAX_LENGTH) {
      throw this.#trail.limit('length of all text in one call', MAX_LENGTH);
    }
    // A rope, flattened once at the end: faster than an array of parts and its join.
    this.#text += text;
  }

  #binary(member: unknown): AttributeValue {
    if (this.#binaryComesBack && this.#trail.steps.length === 0) this.#keeps = false;
    const bytes = this.#bytes('B', member);
    this.#node(NodeType.B, lengthOf(bytes));
    return { B: bytes };
  }

  /** Takes note of a binary value; returns a copy, if it is kept. */
  #bytes(what: string, member: unknown): Uint8Array {
    const short = isShort(member);
    let bytes = short ? member : this.#trail.bytes(what, member);
    const length = lengthOf(bytes);
    this.#binaryLength += length;
    if (this.#binaryLength >= MAX_LENGTH) {
      throw this.#trail.limit('bytes of all binary values in one call', MAX_LENGTH);
    }
    if (this.#keeps) bytes = new Uint8Array(bytes);
    if (!short) {
      this.#long.push([this.#shortLength, bytes]);
      return bytes;
    }
    const at = this.#shortLength;
    this.#shortLength += length;
    if (this.#shortLength > lengthOf(this.#short)) {
      const grown = new Uint8Array(2 * this.#shortLength);
      grown.set(this.#short);
      this.#short.fill(0);
      this.#short = grown;
    }
    this.#short.set(bytes, at);
    return bytes;
  }

  /** A set's or list's own word. The length is read once, so that what follows must fit it. */
  #open(type: NodeType, members: readonly unknown[]): number {
    const length = members.length;
    this.#reserve(length);
    this.#node(type, length);
    return length;
  }

  #stringSet(type: NodeType, what: string, member: unknown): string[] {
    const members = this.#trail.array(what, member);
    const length = this.#open(type, members);
    const whatMember = `a member of ${what}`;
    const copy: string[] = [];
    for (let i = 0; i < length; i++) {
      const text = this.#trail.string(whatMember, members[i]);
      this.#key(text);
      copy.push(text);
    }
    return copy;
  }

  #binarySet(member: unknown): Uint8Array[] {
    const members = this.#trail.array('BS', member);
    const length = this.#open(NodeType.BS, members);
    const copy: Uint8Array[] = [];
    for (let i = 0; i < length; i++) {
      const bytes = this.#bytes('a member of BS', members[i]);
      this.#words[this.#count++] = lengthOf(bytes);
      copy.push(bytes);
    }
    return copy;
  }

  #map(member: unknown): AttributeMap {
    const entries = this.#trail.plainObject('M', member);
    this.#trail.descend(entries);
    const keys = this.#trail.names(entries);
    this.#reserve(2 * keys.length);
    this.#node(NodeType.M, keys.length);
    const copy: AttributeMap = {};
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      this.#trail.steps.push(key);
      this.#key(key);
      setOwn(copy, key, this.#value(entries[key]));
      this.#trail.steps.pop();
    }
    this.#trail.ascend();
    return copy;
  }

  #list(member: unknown): AttributeValue[] {
    const values = this.#trail.array('L', member);
    this.#trail.descend(values);
    const length = this.#open(NodeType.L, values);
    const copy: AttributeValue[] = [];
    for (let i = 0; i < length; i++) {
      this.#trail.steps.push(i);
      copy.push(this.#value(values[i]));
      this.#trail.steps.pop();
    }
    this.#trail.ascend();
    return copy;
  }

  /** Makes room for the words of all of a container's children. */
  #reserve(more: number): void {
    this.#reserved += more;
    if (this.#reserved <= this.#words.length) return;
    if (this.#reserved > MAX_WORDS) throw this.#trail.limit('values in one call', MAX_WORDS / 2);
    const grown = new Uint32Array(Math.max(this.#reserved, this.#words.length * 2));
    grown.set(this.#words.subarray(0, this.#count));
    this.#words.fill(0, 0, this.#count);
    this.#words = grown;
  }

  /**
   * Refuses lone surrogates in an item, which UTF-8 cannot carry: they would become U+FFFD unnoticed. Each
   * string is looked at by itself, since two halves of one pair may meet where two strings do.
   */
  #checkText(start: number): void {
    if (!ANY_SURROGATE.test(this.#text)) return;
    const walk = new TextWalk(this.#words, start, this.#text);
    const attributes = walk.word();
    for (let j = 0; j < attributes; j++) {
      const name = walk.string(walk.word());
      this.#trail.attribute = name;
      if (LONE_SURROGATE.test(name) || walk.findsLoneSurrogate()) {
        throw this.#trail.malformed('text with a lone surrogate, which is not a character');
      }
    }
  }
}

/** Walks packed nodes and the strings that belong to them. */
class TextWalk {
  #words: Uint32Array;
  #text: string;
  #at: number;
  #unit = 0;

  constructor(words: Uint32Array, start: number, text: string) {
    this.#words = words;
    this.#at = start;
    this.#text = text;
  }

  word(): number {
    return this.#words[this.#at++] as number;
  }

  string(length: number): string {
    return this.#text.substring(this.#unit, (this.#unit += length));
  }

  /** Whether a string of the next value has a lone surrogate; if not, steps over the value. */
  findsLoneSurrogate(): boolean {
    const node = this.word();
    const length = node >>> 4;
    switch (node & 15) {
      case NodeType.S:
      case NodeType.N:
        return LONE_SURROGATE.test(this.string(length));
      case NodeType.BS:
        this.#at += length;
        return false;
      case NodeType.SS:
      case NodeType.NS:
        for (let i = 0; i < length; i++) {
          if (LONE_SURROGATE.test(this.string(this.word()))) return true;
        }
        return false;
      case NodeType.M:
        for (let i = 0; i < length; i++) {
          if (LONE_SURROGATE.test(this.string(this.word()))) return true;
          if (this.findsLoneSurrogate()) return true;
        }
        return false;
      case NodeType.L:
        for (let i = 0; i < length; i++) if (this.findsLoneSurrogate()) return true;
        return false;
      default:
        return false;
    }
  }
}

/** One batch inside its packer. */
class Packed implements PackedInput {
  readonly #packer: Packer;
  readonly byteLength: number;
  readonly items: readonly PackedItem[];

  constructor(packer: Packer, byteLength: number, items: readonly PackedItem[]) {
    this.#packer = packer;
    this.byteLength = byteLength;
    this.items = items;
  }

  writeInto(memory: Uint8Array, at: number, grow: Grow): number {
    if (!this.#packer.holds(this)) throw internal('packed items that were written already');
    return this.#packer.writeInto(memory, at, grow);
  }

  discard(): void {
    if (this.#packer.holds(this)) this.#packer.discard();
  }
}

const shared = new Packer();

/**
 * Packs items with scratch arrays that all calls share; as {@link Packer.pack}.
 *
 * Write or discard the result soon: until then, other calls get scratch arrays of their own.
 */
export function packItems(
  items: readonly AttributeMap[],
  givenBack?: GivenBack,
  failed?: (index: number, error: unknown) => void,
): PackedInput {
  return (shared.busy ? new Packer() : shared).pack(items, givenBack, failed);
}
