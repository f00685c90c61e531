/**
 * Documents: items as native JavaScript values, as the AWS `DynamoDBDocumentClient` takes them.
 *
 * @module
 */

import type { AttributeMap, AttributeValue } from './attribute-value.js';
import { isBinary, windowOf } from '../util/bytes.js';
import { readDocumentOptions } from './document-options.js';
import type { FromAttributeMapOptions, ToAttributeMapOptions } from './document-options.js';
import { wrong, wrongItem } from '../errors.js';
import { NumberValue, isDecimal, numberFromText } from './number-value.js';
import { textOfNumber, textOfNumberValue } from './number-value.js';
import { isArray, isObject, isPlainObject, kindOf, setOwn } from '../util/plain-object.js';
import { tagOf } from '../util/tag.js';
import { Trail, soleMember } from './value-path.js';

export { NumberValue } from './number-value.js';
export type {
  DocumentOptions,
  FromAttributeMapOptions,
  ToAttributeMapOptions,
} from './document-options.js';

/**
 * An item as native values: attribute names and their values. What {@link fromAttributeMap} returns where its type is
 * not known.
 */
export type NativeDocument = Record<string, unknown>;

/**
 * What a `Map` or a `Set` of any realm has in it, by the language's own means.
 *
 * @returns `undefined` for everything else
 */
function contentOf<T>(tag: 'Map' | 'Set', value: object, read: () => Iterable<T>): T[] | undefined {
  if (tagOf(value) !== `[object ${tag}]`) return undefined;
  try {
    return [...read.call(value)];
  } catch {
    // Something that is only called so.
    return undefined;
  }
}

/** Objects of the host that have no own properties to show for their content. */
const OPAQUE = new RegExp(
  '^\\[object (?:Date|RegExp|Error|Boolean|Number|String|Symbol|BigInt|Promise|Proxy|Generator|' +
    'WeakMap|WeakSet|WeakRef|Blob|File|FormData|Headers|Request|Response|ReadableStream|URL|' +
    'URLSearchParams|Arguments)\\]$',
);

/**
 * A document as attribute values: strings to `S`; finite numbers, bigints and {@link NumberValue} to
 * `N`; booleans to `BOOL`; `null` to `NULL`; byte arrays (`Uint8Array`, any view, `ArrayBuffer`) to
 * `B`; a `Set` to `SS`, `NS` or `BS`; arrays to `L`; plain objects and `Map` with strings as keys to `M`.
 *
 * Byte arrays are not copied.
 *
 * @throws UsageError `INVALID_ARGUMENT`, with the place (`address.zip[2]`) in `attribute`, for
 * anything else: `undefined`, functions, symbols, `Date`, instances of classes, objects with properties
 * that would be lost (not enumerable, named by symbols), NaN and infinities, numbers beyond
 * `Number.MAX_SAFE_INTEGER`, empty or mixed sets, cycles
 * @throws LimitError for nesting that no item can have
 *
 * @example
 * ```ts
 * import { UsageError, toAttributeMap } from 'fieldseal'
 *
 * console.log(toAttributeMap({ name: 'Ada', balance: 12.5, tags: new Set(['a']) }))
 * // → { name: { S: 'Ada' }, balance: { N: '12.5' }, tags: { SS: [ 'a' ] } }
 *
 * try {
 *   toAttributeMap({ address: { moved: new Date() } })
 * } catch (error) {
 *   if (error instanceof UsageError) console.log(error.code, error.attribute) // → INVALID_ARGUMENT address.moved
 * }
 * ```
 */
export function toAttributeMap(
  document: object,
  options: ToAttributeMapOptions = {},
): AttributeMap {
  return attributesOf(document, readDocumentOptions(options));
}

/** The same with options that were read. */
export function attributesOf(document: unknown, options: ToAttributeMapOptions): AttributeMap {
  return new DocumentWriter(options).document(document);
}

/**
 * The document that attribute values stand for; the reverse of {@link toAttributeMap}. Sets come
 * back as `Set`, maps as plain objects. Byte arrays are not copied. That it has the type `T` is the caller's word.
 *
 * @throws UsageError `INVALID_ARGUMENT` when the map is not a plain object
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE` or `MALFORMED_NUMBER` for a value of the wrong
 * form, with the place in `attribute`
 *
 * @example
 * ```ts
 * import { fromAttributeMap } from 'fieldseal'
 *
 * const item = { name: { S: 'Ada' }, balance: { N: '12.5' }, vip: { BOOL: true } }
 * const customer = fromAttributeMap<{ name: string; balance: number; vip: boolean }>(item)
 * console.log(customer.balance + 1) // → 13.5
 * ```
 */
export function fromAttributeMap<T extends object = NativeDocument>(
  map: AttributeMap,
  options: FromAttributeMapOptions = {},
): T {
  if (!isPlainObject(map)) {
    throw wrongItem(map);
  }
  return documentOf(map, readDocumentOptions(options)) as T;
}

/** The same with options that were read. */
export function documentOf(map: AttributeMap, options: FromAttributeMapOptions): NativeDocument {
  return new DocumentReader(options.numbers ?? 'auto').attributes(map);
}

class DocumentWriter {
  readonly #options: ToAttributeMapOptions;
  readonly #trail: Trail;

  constructor(options: ToAttributeMapOptions) {
    this.#options = options;
    this.#trail = new Trail(options.removeUndefinedValues === true);
  }

  document(document: unknown): AttributeMap {
    const entries = isObject(document) ? this.#entries(document) : undefined;
    if (entries === undefined) {
      throw wrong('a document', 'an object', document);
    }
    const map: AttributeMap = {};
    for (const [name, value] of entries) {
      this.#trail.attribute = name;
      if (this.#isLeftOut(value)) continue;
      setOwn(map, name, this.#value(value));
    }
    return map;
  }

  #value(value: unknown): AttributeValue {
    switch (typeof value) {
      case 'string':
        return this.#isEmptied(value) ? { NULL: true } : { S: value };
      case 'number':
        return { N: textOfNumber(value, this.#trail.text()) };
      case 'bigint':
        return { N: value.toString() };
      case 'boolean':
        return { BOOL: value };
      case 'object':
        if (value === null) return { NULL: true };
        if (isObject(value)) return this.#object(value);
        break;
      case 'undefined':
        throw this.#trail.usage(
          'undefined is not a value that can be stored',
          'Give a value, or set removeUndefinedValues.',
        );
      default:
        break;
    }
    throw this.#trail.usage(`${kindOf(value)} is not a value that can be stored`);
  }

  #object(value: object): AttributeValue {
    if (isArray(value)) return this.#list(value);
    if (isBinary(value)) {
      const bytes = this.#bytes(value);
      return this.#isEmptied(bytes) ? { NULL: true } : { B: bytes };
    }
    if (!isPlainObject(value)) {
      const members = contentOf('Set', value, Set.prototype.values);
      if (members) return this.#set(members);
      const number = textOfNumberValue(value);
      if (number !== undefined) return { N: this.#decimal(number) };
    }
    const entries = this.#entries(value);
    if (entries !== undefined) return this.#map(value, entries);
    const convertible = !OPAQUE.test(tagOf(value));
    throw this.#trail.usage(
      `${kindOf(value)} is not a value that can be stored`,
      convertible
        ? 'Give a plain object, or set convertClassInstanceToMap.'
        : 'Convert it to text, a number or bytes first.',
    );
  }

  /** The entries of whatever may become a map; `undefined` for anything else. */
  #entries(value: object): Iterable<[string, unknown]> | undefined {
    if (isPlainObject(value)) return this.#trail.entries(value);
    const map = contentOf('Map', value, Map.prototype.entries);
    if (map) {
      for (const [key] of map) {
        if (typeof key !== 'string') {
          throw this.#trail.usage(`keys of a Map must be strings, not ${kindOf(key)}`);
        }
      }
      return map as [string, unknown][];
    }
    const allowed = this.#options.convertClassInstanceToMap === true;
    const opaque =
      isArray(value) ||
      isBinary(value) ||
      contentOf('Set', value, Set.prototype.values) !== undefined ||
      OPAQUE.test(tagOf(value));
    if (!allowed || opaque) return undefined;
    // Dates of Temporal, keys, whatever keeps its content to itself.
    if (Object.keys(value).length === 0) throw this.#lost('what it holds', value);
    for (const name in value) {
      if (!Object.hasOwn(value, name)) throw this.#lost(`the inherited property '${name}'`, value);
    }
    return this.#trail.entries(value);
  }

  #lost(what: string, value: object): Error {
    return this.#trail.usage(
      `${kindOf(value)} is not a value that can be stored: ${what} would be lost`,
      'Give a plain object, a string, a number or bytes.',
    );
  }

  #map(value: object, entries: Iterable<[string, unknown]>): AttributeValue {
    return { M: this.#trail.map(value, entries, (entry) => this.#value(entry)) };
  }

  #list(values: readonly unknown[]): AttributeValue {
    return { L: this.#trail.list(values, (value) => this.#value(value)) };
  }

  #set(set: readonly unknown[]): AttributeValue {
    const members = set.filter((member) => !this.#isLeftOut(member));
    if (this.#isEmptied(members)) return { NULL: true };
    if (members.length === 0) {
      throw this.#trail.usage(
        'a set must have a member',
        'Leave the attribute out, or give the set a member.',
      );
    }
    const texts: string[] = [];
    const numbers: string[] = [];
    const binaries: Uint8Array[] = [];
    for (const member of members) {
      if (typeof member === 'string') texts.push(member);
      else if (typeof member === 'number') numbers.push(textOfNumber(member, this.#trail.text()));
      else if (typeof member === 'bigint') numbers.push(member.toString());
      else if (isBinary(member)) binaries.push(this.#bytes(member));
      else {
        const object = typeof member === 'object' && member !== null ? member : {};
        const number = textOfNumberValue(object);
        if (number === undefined) {
          throw this.#trail.usage(`${kindOf(member)} cannot be a member of a set`);
        }
        numbers.push(this.#decimal(number));
      }
    }
    if (texts.length === members.length) return { SS: texts };
    if (numbers.length === members.length) return { NS: numbers };
    if (binaries.length === members.length) return { BS: binaries };
    throw this.#trail.usage(
      'a set must not mix text, numbers and bytes',
      'Give members of one kind, or an array.',
    );
  }

  #bytes(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
    const bytes = windowOf(value);
    if (bytes !== undefined) return bytes;
    throw this.#trail.usage('the buffer is detached: it was transferred elsewhere');
  }

  /** Another library's NumberValue may hold any text. */
  #decimal(text: string): string {
    if (isDecimal(text)) return text;
    throw this.#trail.usage('a NumberValue must be a decimal number');
  }

  #isEmptied(value: { readonly length: number }): boolean {
    return value.length === 0 && this.#options.convertEmptyValues === true;
  }

  #isLeftOut(value: unknown): boolean {
    return value === undefined && this.#trail.leavesOutUndefined;
  }
}

class DocumentReader {
  readonly #numbers: NonNullable<FromAttributeMapOptions['numbers']>;
  readonly #trail = new Trail();

  constructor(numbers: NonNullable<FromAttributeMapOptions['numbers']>) {
    this.#numbers = numbers;
  }

  attributes(map: Record<string, unknown>): NativeDocument {
    const document: NativeDocument = {};
    for (const name of this.#trail.names(map)) {
      this.#trail.attribute = name;
      setOwn(document, name, this.#value(map[name]));
    }
    return document;
  }

  #value(value: unknown): unknown {
    const trail = this.#trail;
    const [type, member] = soleMember(value, trail);
    switch (type) {
      case 'S':
        return trail.string('S', member);
      case 'N':
        return this.#number(trail.string('N', member));
      case 'B':
        return trail.bytes('B', member);
      case 'BOOL':
        return trail.flag('BOOL', member);
      case 'NULL':
        trail.flag('NULL', member);
        return null;
      case 'SS':
        return new Set(this.#texts('SS', member));
      case 'NS': {
        const numbers = this.#texts('NS', member).map((text) => this.#number(text));
        // `marshall` tells by the first member what a set is of: bigints, numbers, objects.
        return new Set(numbers.sort((a, b) => (typeof a).localeCompare(typeof b)));
      }
      case 'BS': {
        const members = trail.array('BS', member);
        return new Set(members.map((bytes) => trail.bytes('a member of BS', bytes)));
      }
      case 'M': {
        const map = trail.plainObject('M', member);
        return trail.map(map, trail.entries(map), (entry) => this.#value(entry));
      }
      case 'L':
        return trail.list(trail.array('L', member), (value) => this.#value(value));
      default:
        throw trail.unknownType(type);
    }
  }

  #texts(what: string, member: unknown): string[] {
    const members = this.#trail.array(what, member);
    return Array.from(members, (text) => this.#trail.string(`a member of ${what}`, text));
  }

  #number(text: string): unknown {
    if (!isDecimal(text)) {
      throw this.#trail.malformed('text that is not a decimal number', 'MALFORMED_NUMBER');
    }
    if (this.#numbers === 'auto') return numberFromText(text);
    return this.#numbers === 'NumberValue' ? new NumberValue(text) : this.#numbers(text);
  }
}
