import { KmsFault } from './errors.js';

interface TextRule {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly values?: readonly string[];
}

interface SizeRule {
  readonly min?: number;
  readonly max?: number;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MEMBER_MUST = 'failed to satisfy constraint: Member must';

/**
 * Reads the members of one request.
 *
 * As in the real service there are two kinds of bad request: a member of the wrong JSON type
 * cannot be deserialised at all and fails at once (SerializationException); members of the right
 * type that break a constraint are collected and reported together, by `check`, which every
 * operation calls before it looks at any key.
 */
export class Input {
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #violations: string[] = [];
  #checked = false;

  constructor(raw: Readonly<Record<string, unknown>>) {
    this.#raw = raw;
  }

  /** Whether the operation has called `check`: the dispatcher insists. */
  get checked(): boolean {
    return this.#checked;
  }

  check(): void {
    this.#checked = true;
    const count = this.#violations.length;
    if (count === 0) return;
    const noun = count === 1 ? 'error' : 'errors';
    throw new KmsFault(
      'ValidationException',
      `${count} validation ${noun} detected: ${this.#violations.join('; ')}`,
    );
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  text(name: string, rule: TextRule = {}): string {
    return this.optionalText(name, rule) ?? this.#missing(name, '');
  }

  optionalText(name: string, rule: TextRule = {}): string | undefined {
    const value = this.#typed(name, 'string', 'a String') as string | undefined;
    if (value === undefined) return undefined;
    this.#checkText(name, value, rule);
    return value;
  }

  /** A key identifier: key id, key ARN, alias name or alias ARN. */
  keyId(name = 'KeyId'): string {
    return this.text(name, { min: 1, max: 2048 });
  }

  optionalKeyId(name = 'KeyId'): string | undefined {
    return this.optionalText(name, { min: 1, max: 2048 });
  }

  blob(name: string, rule: SizeRule = {}): Buffer {
    return this.optionalBlob(name, rule) ?? this.#missing(name, Buffer.alloc(0));
  }

  optionalBlob(name: string, { min, max }: SizeRule = {}): Buffer | undefined {
    const value = this.#typed(name, 'string', 'a Blob') as string | undefined;
    if (value === undefined) return undefined;
    // Buffer.from would skip whatever is not base64 and so accept what AWS refuses.
    if (!BASE64.test(value)) {
      throw new KmsFault('SerializationException', `${name} is not valid base64`);
    }
    const bytes = Buffer.from(value, 'base64');
    const at = `Value at '${memberName(name)}'`;
    if (min !== undefined && bytes.length < min) {
      this.#violate(`${at} ${MEMBER_MUST} have length greater than or equal to ${min}`);
    }
    if (max !== undefined && bytes.length > max) {
      this.#violate(`${at} ${MEMBER_MUST} have length less than or equal to ${max}`);
    }
    return bytes;
  }

  optionalInteger(name: string, { min, max }: SizeRule = {}): number | undefined {
    const value = this.#typed(name, 'number', 'an Integer') as number | undefined;
    if (value === undefined) return undefined;
    if (!Number.isInteger(value)) {
      throw new KmsFault('SerializationException', `${name} can not be converted to an Integer`);
    }
    const at = `Value '${value}' at '${memberName(name)}'`;
    if (min !== undefined && value < min) {
      this.#violate(`${at} ${MEMBER_MUST} have value greater than or equal to ${min}`);
    }
    if (max !== undefined && value > max) {
      this.#violate(`${at} ${MEMBER_MUST} have value less than or equal to ${max}`);
    }
    return value;
  }

  /** A timestamp, in seconds on the wire; milliseconds from here on. */
  optionalTimestamp(name: string): number | undefined {
    const value = this.#typed(name, 'number', 'a Timestamp') as number | undefined;
    return value === undefined ? undefined : value * 1000;
  }

  flag(name: string): boolean {
    return (this.#typed(name, 'boolean', 'a Boolean') as boolean | undefined) ?? false;
  }

  /** A string map such as an encryption context; empty when absent. */
  context(name = 'EncryptionContext'): Map<string, string> {
    const value = this.optionalStructure(name);
    const pairs = Object.entries(value ?? {});
    for (const [key, text] of pairs) {
      if (typeof text !== 'string') {
        throw new KmsFault(
          'SerializationException',
          `${jsonType(text)} can not be converted to a String`,
        );
      }
      // Half a surrogate pair has no UTF-8: every one of them would be bound as the same bytes.
      if (!isWellFormed(key) || !isWellFormed(text)) {
        throw new KmsFault('SerializationException', `${name} is not well-formed Unicode`);
      }
    }
    return new Map(pairs as [string, string][]);
  }

  texts(name: string, rule: TextRule & { readonly maxItems?: number } = {}): string[] {
    const values = this.#list(name);
    for (const value of values) {
      if (typeof value !== 'string') {
        throw new KmsFault(
          'SerializationException',
          `${jsonType(value)} can not be converted to a String`,
        );
      }
      this.#checkText(name, value, rule);
    }
    if (rule.maxItems !== undefined && values.length > rule.maxItems) {
      this.#violate(
        `Value at '${memberName(name)}' ${MEMBER_MUST} ` +
          `have length less than or equal to ${rule.maxItems}`,
      );
    }
    return values as string[];
  }

  structures(name: string): Input[] {
    return this.#list(name).map((value) => {
      if (!isStructure(value)) throw notStructure(name);
      return new Input(value);
    });
  }

  optionalStructure(name: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.#member(name);
    if (value === undefined) return undefined;
    if (!isStructure(value)) throw notStructure(name);
    return value;
  }

  #list(name: string): unknown[] {
    const value = this.#member(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      throw new KmsFault(
        'SerializationException',
        `${jsonType(value)} can not be converted to a List`,
      );
    }
    return value;
  }

  #member(name: string): unknown {
    // Own members only: a request must not reach what every object inherits.
    const value = Object.hasOwn(this.#raw, name) ? this.#raw[name] : undefined;
    return value === null ? undefined : value;
  }

  #typed(name: string, type: string, what: string): unknown {
    const value = this.#member(name);
    if (value !== undefined && typeof value !== type) {
      throw new KmsFault(
        'SerializationException',
        `${jsonType(value)} can not be converted to ${what}`,
      );
    }
    return value;
  }

  #checkText(name: string, value: string, { min, max, pattern, values }: TextRule): void {
    const at = `Value '${value}' at '${memberName(name)}'`;
    if (min !== undefined && value.length < min) {
      this.#violate(`${at} ${MEMBER_MUST} have length greater than or equal to ${min}`);
    }
    if (max !== undefined && value.length > max) {
      this.#violate(`${at} ${MEMBER_MUST} have length less than or equal to ${max}`);
    }
    if (pattern !== undefined && !pattern.test(value)) {
      this.#violate(`${at} ${MEMBER_MUST} satisfy regular expression pattern: ${pattern.source}`);
    }
    if (values !== undefined && !values.includes(value)) {
      this.#violate(`${at} ${MEMBER_MUST} satisfy enum value set: [${values.join(', ')}]`);
    }
  }

  #missing<T>(name: string, placeholder: T): T {
    this.#violate(`Value null at '${memberName(name)}' ${MEMBER_MUST} not be null`);
    return placeholder;
  }

  #violate(violation: string): void {
    this.#violations.push(violation);
  }
}

/** Messages name members as the service's Java side does: `keyId`, not `KeyId`. */
const memberName = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const isStructure = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWellFormed = (text: string): boolean => Buffer.from(text).toString() === text;

const notStructure = (name: string): KmsFault =>
  new KmsFault('SerializationException', `${name} is expected to be a structure`);

function jsonType(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  if (typeof value === 'number') return 'NUMBER_VALUE';
  return typeof value === 'string' ? 'STRING_VALUE' : 'START_OBJECT';
}
