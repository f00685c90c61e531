/**
 * Items on their way into the core: one buffer for a whole batch, columnar, so that all text is
 * encoded in one call and nothing is allocated per attribute. Little-endian words (u32):
 *
 *     items, node words, binary bytes, text bytes (UTF-8), text length (UTF-16 units)
 *
 * then the nodes, the binary values and the text, each in the order of traversal. A node is
 * `type | length << 4`; an attribute or a map entry is its name's length and then its node. Text
 * lengths are UTF-16 units. The core reads the same in `src/wasm/`.
 *
 * @module
 */

import type { AttributeMap } from './attribute-value.js';
import { isBinary, windowOf } from './bytes.js';
import { type FieldsealError, internal, limit, malformedAttribute, usage } from './errors.js';
import { isPlainObject, kindOf, pathText } from './own.js';
import { NodeType } from './node-type.js';

/** Words before the nodes. */
const HEADER_WORDS = 5;

/** Lengths and totals stay below this, because a node keeps its length in 28 bits. */
const MAX_LENGTH = 2 ** 28;

/** Node words of one crossing: 256 MiB, long before which the core has refused the items. */
const MAX_WORDS = 2 ** 26;

/** Where this layer stops descending. The core allows 32 levels and says so in its error. */
const MAX_DEPTH = 100;

const hasOwn = Object.prototype.hasOwnProperty;

/** Only text with a surrogate in it needs the slow look for lone ones. */
const ANY_SURROGATE = /[\ud800-\udfff]/;

/** With the `u` flag a pair is one character, so this finds lone surrogates only. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const encoder = new TextEncoder();

/**
 * An item as it was when it was packed. What comes back from the core is put together from this and
 * not from the caller's object: the caller may change that while keys are fetched, and then
 * positions would no longer fit, and an attribute could stay in plaintext.
 */
export interface PackedItem {
  /** The caller's object. */
  readonly item: AttributeMap;
  /** The names of its attributes, in its order. */
  readonly names: readonly string[];
  /** The values, by the position of their name. */
  readonly values: readonly AttributeMap[string][];
}

/** Packed items that wait to be written into the core's memory. */
export interface PackedInput {
  /** How many bytes to reserve: an upper bound, since the text's UTF-8 length is not yet known. */
  readonly byteLength: number;
  /** The items, to be kept for `unpackSealed` or `unpackOpened`. */
  readonly items: readonly PackedItem[];
  /**
   * Writes the input and forgets it; call it once.
   *
   * @param memory - the core's memory
   * @param at - where in it `byteLength` bytes are reserved
   * @returns the bytes that were written
   */
  writeInto(memory: Uint8Array, at: number): number;
  /** Forgets the input unwritten; for when its memory could not be had. */
  discard(): void;
}

/** Scratch of more words than this is not kept for the next batch. */
const KEPT_WORDS = 2 ** 16;

/** Packs batch after batch with the same scratch arrays, one at a time. */
export class Packer {
  #words = new Uint32Array(256);
  #count = 0;
  // Words promised by the containers read so far, written or not; the array is never shorter.
  #reserved = 0;
  #text = '';
  #units = 0;
  #binaries: Uint8Array[] = [];
  #binaryLength = 0;
  #items: PackedItem[] = [];
  #held: PackedInput | undefined = undefined;
  #busy = false;
  // Where it is just now, for errors. The path is kept only below the attribute itself.
  #itemIndex: number | undefined = undefined;
  #attribute: string | undefined = undefined;
  #path: (string | number)[] = [];
  #ancestors: unknown[] = [];

  /** Whether packed items wait in it, or are being packed. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Reads the items, checks their form and holds them until they are written or discarded.
   *
   * @throws UsageError `INVALID_ARGUMENT` for an item that is not a plain object and for a map or
   * list that contains itself, MalformedInputError `MALFORMED_ATTRIBUTE` for a value of the wrong
   * form, LimitError
   */
  pack(items: readonly AttributeMap[]): PackedInput {
    this.discard();
    this.#busy = true;
    try {
      if (!Array.isArray(items)) {
        throw this.#usage(`items must be an array, not ${kindOf(items)}`);
      }
      const many = items.length > 1;
      for (let i = 0; i < items.length; i++) {
        this.#itemIndex = many ? i : undefined;
        this.#item(items[i]);
      }
      this.#checkText(many);
    } catch (error) {
      this.discard();
      throw error;
    }
    const byteLength = (HEADER_WORDS + this.#count) * 4 + this.#binaryLength + this.#units * 3;
    return (this.#held = new Packed(this, byteLength, this.#items));
  }

  /** As {@link PackedInput.writeInto}, for the items packed last. */
  writeInto(memory: Uint8Array, at: number): number {
    try {
      return this.#write(memory, at);
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
    this.#binaries.length = 0;
    this.#binaryLength = 0;
    // A new array: the caller keeps the old one until its items come back.
    this.#items = [];
    this.#held = undefined;
    this.#busy = false;
    this.#itemIndex = undefined;
    this.#attribute = undefined;
    this.#path.length = 0;
    this.#ancestors.length = 0;
  }

  /** Whether this is what the packer holds, and not an earlier batch. */
  holds(packed: PackedInput): boolean {
    return this.#held === packed;
  }

  #write(memory: Uint8Array, at: number): number {
    const room = this.#held?.byteLength ?? Infinity;
    if (!(at >= 0 && at + room <= memory.length)) {
      throw internal('no packed items, or no room for them');
    }
    const words = this.#words;
    const count = this.#count;
    // The core is little-endian wherever it runs, hence a DataView and no copy of the array.
    const view = new DataView(memory.buffer, memory.byteOffset + at, room);
    let offset = HEADER_WORDS * 4;
    for (let i = 0; i < count; i++) {
      view.setUint32(offset, words[i] as number, true);
      offset += 4;
    }
    const binaryEnd = offset + this.#binaryLength;
    for (const bytes of this.#binaries) {
      if (bytes.length > binaryEnd - offset) break;
      memory.set(bytes, at + offset);
      offset += bytes.length;
    }
    if (offset !== binaryEnd) {
      throw usage('INVALID_ARGUMENT', 'a binary value changed its length while it was read');
    }
    const target = memory.subarray(at + offset, at + room);
    const { read, written } = encoder.encodeInto(this.#text, target);
    if (read !== this.#units) throw internal('the text was not written to its end');
    view.setUint32(0, this.#items.length, true);
    view.setUint32(4, count, true);
    view.setUint32(8, this.#binaryLength, true);
    view.setUint32(12, written, true);
    view.setUint32(16, this.#units, true);
    return offset + written;
  }

  #item(item: unknown): void {
    this.#attribute = undefined;
    if (!isPlainObject(item)) {
      throw this.#usage(`an item must be a plain object of attribute values, not ${kindOf(item)}`);
    }
    const names = Object.keys(item);
    const values = new Array<AttributeMap[string]>(names.length);
    this.#reserve(1 + 2 * names.length);
    this.#words[this.#count++] = names.length;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const value = item[name];
      this.#attribute = name;
      this.#key(name);
      this.#value(value, 1);
      values[i] = value as AttributeMap[string];
    }
    this.#items.push({ item: item as AttributeMap, names, values });
  }

  #value(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null) {
      throw this.#malformed(`a value must be an object such as {"S": "…"}, not ${kindOf(value)}`);
    }
    // for-in reads a one-member object without allocating; Object.keys would cost twice as much.
    let type = '';
    let member: unknown;
    for (const key in value) {
      const candidate = (value as Record<string, unknown>)[key];
      if (candidate === undefined || !hasOwn.call(value, key)) continue;
      if (type !== '') throw this.#malformed(`a value with two types, '${type}' and '${key}'`);
      type = key;
      member = candidate;
    }
    switch (type) {
      case 'S':
        return this.#string(NodeType.S, 'S', member);
      case 'N':
        return this.#string(NodeType.N, 'N', member);
      case 'B':
        return this.#binary(member);
      case 'BOOL':
        return this.#flag(NodeType.BOOL, 'BOOL', member);
      case 'NULL':
        return this.#flag(NodeType.NULL, 'NULL', member);
      case 'M':
        return this.#map(member, depth);
      case 'L':
        return this.#list(member, depth);
      case 'SS':
        return this.#stringSet(NodeType.SS, 'SS', member);
      case 'NS':
        return this.#stringSet(NodeType.NS, 'NS', member);
      case 'BS':
        return this.#binarySet(member);
      case '':
        throw this.#malformed('a value without a type; it needs one member such as S, N or B');
      default:
        throw this.#malformed(`a value of unknown type '${type}'`);
    }
  }

  /** The length of a name or a map key, and the text itself. */
  #key(key: string): void {
    this.#words[this.#count++] = key.length;
    this.#append(key);
  }

  #string(type: NodeType, letter: string, member: unknown): void {
    if (typeof member !== 'string') {
      throw this.#malformed(`${letter} must be a string, not ${kindOf(member)}`);
    }
    this.#words[this.#count++] = type | (member.length << 4);
    this.#append(member);
  }

  #append(text: string): void {
    this.#units += text.length;
    if (this.#units >= MAX_LENGTH) throw this.#limit('length of all text in one call', MAX_LENGTH);
    // A rope, flattened once at the end: faster than an array of parts and its join.
    this.#text += text;
  }

  #flag(type: NodeType, letter: string, member: unknown): void {
    if (typeof member !== 'boolean') {
      throw this.#malformed(`${letter} must be a boolean, not ${kindOf(member)}`);
    }
    this.#words[this.#count++] = type | (member ? 1 << 4 : 0);
  }

  #binary(member: unknown): void {
    const length = this.#bytes('B', member);
    this.#words[this.#count++] = NodeType.B | (length << 4);
  }

  #bytes(what: string, member: unknown): number {
    if (!isBinary(member)) {
      const hint = typeof member === 'string' ? ' (decode base64 text first)' : '';
      throw this.#malformed(`${what} must be a Uint8Array, not ${kindOf(member)}${hint}`);
    }
    const bytes = windowOf(member);
    if (bytes === undefined) {
      throw this.#malformed(`${what} is a detached buffer: it was transferred elsewhere`);
    }
    this.#binaryLength += bytes.length;
    if (this.#binaryLength >= MAX_LENGTH) {
      throw this.#limit('bytes of all binary values in one call', MAX_LENGTH);
    }
    this.#binaries.push(bytes);
    return bytes.length;
  }

  #array(type: NodeType, letters: string, member: unknown): readonly unknown[] {
    if (!Array.isArray(member)) {
      throw this.#malformed(`${letters} must be an array, not ${kindOf(member)}`);
    }
    this.#reserve(member.length);
    this.#words[this.#count++] = type | (member.length << 4);
    return member;
  }

  #stringSet(type: NodeType, letters: string, member: unknown): void {
    const members = this.#array(type, letters, member);
    for (let i = 0; i < members.length; i++) {
      const text = members[i];
      if (typeof text !== 'string') {
        throw this.#malformed(`members of ${letters} must be strings, not ${kindOf(text)}`);
      }
      this.#words[this.#count++] = text.length;
      this.#append(text);
    }
  }

  #binarySet(member: unknown): void {
    const members = this.#array(NodeType.BS, 'BS', member);
    for (let i = 0; i < members.length; i++) {
      const length = this.#bytes('a member of BS', members[i]);
      this.#words[this.#count++] = length;
    }
  }

  #map(member: unknown, depth: number): void {
    if (!isPlainObject(member)) {
      throw this.#malformed(`M must be a plain object, not ${kindOf(member)}`);
    }
    this.#descend(member, depth);
    const keys = Object.keys(member);
    this.#reserve(2 * keys.length);
    this.#words[this.#count++] = NodeType.M | (keys.length << 4);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      this.#path.push(key);
      this.#key(key);
      this.#value(member[key], depth + 1);
      this.#path.pop();
    }
    this.#ancestors.pop();
  }

  #list(member: unknown, depth: number): void {
    const values = this.#array(NodeType.L, 'L', member);
    this.#descend(values, depth);
    for (let i = 0; i < values.length; i++) {
      this.#path.push(i);
      this.#value(values[i], depth + 1);
      this.#path.pop();
    }
    this.#ancestors.pop();
  }

  /** Into a map or a list. */
  #descend(container: object, depth: number): void {
    if (depth > MAX_DEPTH) {
      // Only now: a cycle always comes here, and nothing else pays for the search.
      if (this.#ancestors.includes(container)) {
        throw this.#usage('a map or a list contains itself');
      }
      // The core's limit, not this one, is what the caller has to keep.
      throw this.#limit('levels of nesting in an attribute', 32);
    }
    this.#ancestors.push(container);
  }

  /** Makes room for the words of all of a container's children. */
  #reserve(more: number): void {
    this.#reserved += more;
    if (this.#reserved <= this.#words.length) return;
    if (this.#reserved > MAX_WORDS) throw this.#limit('values in one call', MAX_WORDS / 2);
    const grown = new Uint32Array(Math.max(this.#reserved, this.#words.length * 2));
    grown.set(this.#words.subarray(0, this.#count));
    this.#words.fill(0, 0, this.#count);
    this.#words = grown;
  }

  /**
   * Refuses lone surrogates, which UTF-8 cannot carry: they would become U+FFFD unnoticed. Each
   * string is looked at by itself, since two halves of one pair may meet where two strings do.
   */
  #checkText(many: boolean): void {
    if (!ANY_SURROGATE.test(this.#text)) return;
    const walk = new TextWalk(this.#words, this.#text);
    for (let i = 0; i < this.#items.length; i++) {
      this.#itemIndex = many ? i : undefined;
      const attributes = walk.word();
      for (let j = 0; j < attributes; j++) {
        const name = walk.string(walk.word());
        this.#attribute = name;
        if (LONE_SURROGATE.test(name) || walk.findsLoneSurrogate()) {
          throw this.#malformed('text with a lone surrogate, which is no character');
        }
      }
    }
  }

  #malformed(problem: string): FieldsealError {
    return this.#located(malformedAttribute(problem, this.#where()));
  }

  #limit(what: string, max: number): FieldsealError {
    const message = `${what}: exceeds the limit of ${max.toLocaleString('en-US')}`;
    return this.#located(limit(message, this.#where()));
  }

  #usage(message: string): FieldsealError {
    return this.#located(usage('INVALID_ARGUMENT', message, undefined, this.#where()));
  }

  #where(): string | undefined {
    return this.#attribute === undefined ? undefined : pathText(this.#attribute, this.#path);
  }

  #located(error: FieldsealError): FieldsealError {
    return this.#itemIndex === undefined
      ? error
      : Object.assign(error, { itemIndex: this.#itemIndex });
  }
}

/** Walks packed nodes and the strings that belong to them. */
class TextWalk {
  #words: Uint32Array;
  #text: string;
  #at = 0;
  #unit = 0;

  constructor(words: Uint32Array, text: string) {
    this.#words = words;
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

  writeInto(memory: Uint8Array, at: number): number {
    if (!this.#packer.holds(this)) throw internal('packed items that were written already');
    return this.#packer.writeInto(memory, at);
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
export function packItems(items: readonly AttributeMap[]): PackedInput {
  return (shared.busy ? new Packer() : shared).pack(items);
}
