/**
 * Where a walk through an item is, so that an error can say so, and the checks of a value's form
 * that every walk makes.
 *
 * @module
 */

import { MAX_DEPTH as CORE_MAX_DEPTH } from '../generated/limits.js';
import { isBinary, windowOf } from '../util/bytes.js';
import { limit, malformedAttribute, usage } from '../errors.js';
import type { LimitError, MalformedInputError, UsageError } from '../errors.js';
import { hiddenProperty, isObject, isPlainObject, mustBe, setOwn } from '../util/plain-object.js';

/** Where this layer stops descending. */
const MAX_DEPTH = 100;

/** The place in an item: an attribute, and the map keys and list positions below it. */
export class Trail {
  /** The attribute's name; `undefined` outside any. */
  attribute: string | undefined = undefined;
  /** Keys (text) and positions (numbers) below the attribute. */
  steps: (string | number)[] = [];
  #ancestors: object[] = [];

  /** @param leavesOutUndefined - whether {@link map} and {@link list} step over `undefined` */
  constructor(readonly leavesOutUndefined = false) {}

  /** Whether anything is left to forget. */
  get dirty(): boolean {
    return this.attribute !== undefined || this.steps.length > 0 || this.#ancestors.length > 0;
  }

  /** Forgets the place and every object on the way to it. */
  reset(): void {
    this.attribute = undefined;
    this.steps = [];
    this.#ancestors = [];
  }

  /** Into a map or a list; leave it with {@link ascend}. */
  descend(container: object): void {
    if (this.#ancestors.length >= MAX_DEPTH) {
      // Only now: a cycle always comes here, and nothing else pays for the search.
      if (this.#ancestors.includes(container)) {
        throw this.usage('a map or a list contains itself');
      }
      throw this.limit('levels of nesting in an attribute', CORE_MAX_DEPTH);
    }
    this.#ancestors.push(container);
  }

  /** Out of the map or list entered last. */
  ascend(): void {
    this.#ancestors.pop();
  }

  /** What `visit` makes of each entry of a map, under its key. */
  map<T>(
    map: object,
    entries: Iterable<readonly [string, unknown]>,
    visit: (entry: unknown) => T,
  ): Record<string, T> {
    const made: Record<string, T> = {};
    this.#walk(map, entries, (entry, key) => setOwn(made, key, visit(entry)));
    return made;
  }

  /** What `visit` makes of each member of a list. */
  list<T>(list: readonly unknown[], visit: (member: unknown) => T): T[] {
    const made: T[] = [];
    this.#walk(list, Array.prototype.entries.call(list), (member) => made.push(visit(member)));
    return made;
  }

  #walk<Step extends string | number>(
    container: object,
    entries: Iterable<readonly [Step, unknown]>,
    visit: (value: unknown, step: Step) => void,
  ): void {
    this.descend(container);
    for (const [step, value] of entries) {
      this.steps.push(step);
      if (value !== undefined || !this.leavesOutUndefined) visit(value, step);
      this.steps.pop();
    }
    this.ascend();
  }

  /** The names in an item or a map, and what stands under them. Refuses what a copy would not have. */
  entries(object: object): [string, unknown][] {
    return this.names(object).map((name) => [name, object[name as keyof object]]);
  }

  /** The place as text, for example `address.zip[2]`. */
  text(): string | undefined {
    if (this.attribute === undefined) return undefined;
    let text = this.attribute;
    for (const step of this.steps) text += typeof step === 'number' ? `[${step}]` : `.${step}`;
    return text;
  }

  /** An error about the form of the value here. */
  malformed(problem: string, code?: 'MALFORMED_NUMBER', next?: string): MalformedInputError {
    return malformedAttribute(problem, this.text(), code, next);
  }

  #wrong(what: string, wanted: string, value: unknown, next?: string): MalformedInputError {
    return this.malformed(mustBe(what, wanted, value), undefined, next);
  }

  /** An error about what the caller gave here. */
  usage(message: string, next = 'Give another value, or leave it out.'): UsageError {
    return usage('INVALID_ARGUMENT', message, next, this.text());
  }

  /** An error about a limit exceeded here. */
  limit(what: string, max: number): LimitError {
    return limit(`${what}: exceeds the limit of ${max.toLocaleString('en')}`, this.text());
  }

  /** A value that is an object and thus may have a type member. */
  object(value: unknown): object {
    if (isObject(value)) return value;
    const next = 'Native values are for encryptDocument and decryptDocument.';
    throw this.#wrong('a value', 'an object such as {"S": "…"}', value, next);
  }

  /** Text of an `S` or `N`, or of a member of their sets. */
  string(what: string, member: unknown): string {
    if (typeof member === 'string') return member;
    throw this.#wrong(what, 'a string', member);
  }

  /** The flag of a `BOOL` or `NULL`. */
  flag(what: string, member: unknown): boolean {
    if (typeof member === 'boolean') return member;
    throw this.#wrong(what, 'a boolean', member);
  }

  /** The members of a set or a list. */
  array(what: string, member: unknown): readonly unknown[] {
    if (Array.isArray(member)) return member;
    throw this.#wrong(what, 'an array', member);
  }

  /** The entries of an `M`. */
  plainObject(what: string, member: unknown): Record<string, unknown> {
    if (isPlainObject(member)) return member;
    throw this.#wrong(what, 'a plain object', member);
  }

  /** The names in an item or a map. Refuses what a copy would not have. */
  names(object: object): string[] {
    const names = Object.keys(object);
    const hidden = hiddenProperty(object, names);
    if (hidden === undefined) return names;
    throw this.usage(`${hidden} would be lost`, 'Leave it out.');
  }

  /** The bytes of a `B` or of a member of `BS`: exactly the window of a view, not copied. */
  bytes(what: string, member: unknown): Uint8Array {
    if (!isBinary(member)) {
      const next = 'Items that become JSON: write toDynamoJson, read fromDynamoJson.';
      throw this.#wrong(what, 'a Uint8Array', member, next);
    }
    const bytes = windowOf(member);
    if (bytes !== undefined) return bytes;
    throw this.malformed(`${what} is a detached buffer: it was transferred elsewhere`);
  }

  /** No type member at all, or one that no attribute value has. */
  unknownType(type: string): MalformedInputError {
    return this.malformed(
      type === ''
        ? 'a value without a type; it needs one member such as S, N or B'
        : `a value of unknown type '${type}'`,
    );
  }

  /** Two type members. */
  twoTypes(one: string, other: string): MalformedInputError {
    return this.malformed(`a value with two types, '${one}' and '${other}'`);
  }
}

/**
 * The one type of a value and what stands under it, unchecked.
 *
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE`
 */
export function soleMember(value: unknown, trail: Trail): [type: string, member: unknown] {
  const members = trail.object(value) as Record<string, unknown>;
  let type = '';
  let member: unknown;
  for (const key of Object.keys(members)) {
    const candidate = members[key];
    if (candidate === undefined) continue;
    if (type !== '') throw trail.twoTypes(type, key);
    type = key;
    member = candidate;
  }
  return [type, member];
}
