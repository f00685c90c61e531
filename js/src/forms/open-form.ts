/** Opens what forms send. */

import { limitOption } from '../core/limits.js';
import { limit, MalformedInputError, usage, wrong } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { fromAttributeMap } from '../items/document.js';
import { fromDynamoJson } from '../items/dynamo-json.js';
import { oneOf } from '../keyrings/keyring.js';
import { COPY, KEEP, mustBeOneOf, readOptions, type OptionNames } from '../util/options.js';
import { isArray, isPlainObject, ownValue, setOwn } from '../util/plain-object.js';
import { signalOf, untilAborted, type CallOptions } from '../util/signal.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { fieldsOf, IncomingFile, shownName, type Field, type FormBody } from './body.js';
import { mustBeSealed } from './check-sealed.js';
import { messages } from './complete.js';
import { malformed, plaintext } from './errors.js';
import { blobOf } from './files.js';
import { encryptorOf, keysOf, readTable } from './table.js';
import { FILE_KEY, isToken, NAME_KEY, openToken } from './token.js';
import type { FileDescription, FormKeys, FormStyle, FormTable } from './types.js';

/**
 * Options of {@link openForm}: who opens, and which fields a form has.
 *
 * @example
 * ```ts
 * import { rawAesKeyring } from 'fieldseal/items'
 * import { openForm, sealField, type OpenFormOptions } from 'fieldseal/forms'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const options: OpenFormOptions = {
 *   keyring,
 *   as: 'tokens',
 *   seal: ['ssn', 'passport'],
 *   plain: ['email', '_csrf', 'newsletter'],
 *   lists: ['topics'],
 *   optional: ['newsletter', 'passport'],
 *   maxBodyBytes: 64_000,
 *   maxFileBytes: 5_000_000,
 * }
 * const body = new URLSearchParams([
 *   ['email', 'ada@example.org'],
 *   ['_csrf', 'f00'],
 *   ['ssn', await sealField('ssn', '078-05-1120', { keyring })],
 *   ['topics', 'engines'],
 *   ['topics', 'poetry'],
 * ])
 * const { document, fields } = await openForm(body, options)
 * console.log(document.ssn, fields.topics) // → 078-05-1120 [ 'engines', 'poetry' ]
 * ```
 */
export interface OpenFormOptions extends FormKeys, CallOptions {
  /** As the page has it. */
  readonly table?: FormTable | undefined;
  /** As the page has it. */
  readonly as?: FormStyle | undefined;
  /** As the page has it. */
  readonly field?: string | undefined;
  /** The fields that are sealed. */
  readonly seal: readonly string[];
  /** The other fields, which come as they are, once each. Any other is refused. */
  readonly plain?: readonly string[] | undefined;
  /** Other fields that may come any number of times: always arrays. */
  readonly lists?: readonly string[] | undefined;
  /** Of `seal` and `plain` those that a form may lack: a checkbox that is not checked, a part of the form that was not there. */
  readonly optional?: readonly string[] | undefined;
  /**
   * Takes a file's content, in order and at once: what it returns is waited for. Without it files are kept in memory, as
   * {@link OpenedFile.content}. Do not trust the content before the stream has ended: an error ends it otherwise.
   */
  readonly onFile?:
    ((file: OpenedFile, stream: ReadableStream<Uint8Array<ArrayBuffer>>) => unknown) | undefined;
  /** The most fields, files included: at least 1, or `Infinity`; default 1000. */
  readonly maxFields?: number | undefined;
  /** The most bytes of all strings together: at least 1, or `Infinity`; default 1 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** The most bytes of a file, opened: at least 1, or `Infinity`; default 100 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** The most files: at least 1, or `Infinity`; default 10. */
  readonly maxFiles?: number | undefined;
}

/**
 * A sealed field's value, as {@link openForm} returns it: a string; an array where there may be several; `null` where a box is not
 * checked, a file not chosen, or the field disabled.
 */
export type FormValue = string | null | FileDescription | readonly (string | FileDescription)[];

/** A file that came with a form, as {@link openForm} returns it. */
export interface OpenedFile {
  /** The field's name. */
  readonly field: string;
  /** Whether it came sealed. */
  readonly sealed: boolean;
  /** The file's name, as it was chosen: never a path to be trusted. */
  readonly name: string;
  /** The media type that the browser gave, which may be empty. */
  readonly type: string;
  /** The content; absent where `onFile` took it. */
  readonly content?: Blob;
}

/** What {@link openForm} returns. */
export interface OpenedForm {
  /** Of an item: its key and its sealed fields, opened. Of tokens: the sealed fields. */
  readonly document: Readonly<Record<string, FormValue>>;
  /** The other fields. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  /** Files, in the order in which they came. */
  readonly files: readonly OpenedFile[];
  /** The sealed record as it came, to be stored; absent with `as: 'tokens'`. */
  readonly item?: AttributeMap;
}

const NAMES: OptionNames<OpenFormOptions> = {
  keyring: COPY,
  cmm: COPY,
  table: COPY,
  as: COPY,
  field: COPY,
  seal: COPY,
  plain: COPY,
  lists: COPY,
  optional: COPY,
  onFile: COPY,
  maxFields: COPY,
  maxBodyBytes: COPY,
  maxFileBytes: COPY,
  maxFiles: COPY,
  signal: KEEP,
};

const MAX = Number.MAX_SAFE_INTEGER;

/**
 * Opens the body of a request that {@link sealForm} has made: urlencoded, multipart or JSON. A multipart body is read as it comes,
 * in bounded memory.
 *
 * @param body - a request whose body nobody has read, or the fields that a framework has read
 * @throws MalformedInputError `MALFORMED_ATTRIBUTE` for what is not such a body, and naming all fields that are missing, unknown, or
 * came twice; UsageError `PLAINTEXT_ITEM` naming a field that was to be sealed, and was not; LimitError `LIMIT_EXCEEDED`;
 * UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG`; what {@link ItemEncryptor.decryptItem} and {@link openField} throw
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring, toDynamoJson } from 'fieldseal/items'
 * import { openForm } from 'fieldseal/forms'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' }
 *
 * // What a page has sent.
 * const attributeActions = { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' } as const
 * const { item } = await new ItemEncryptor({ ...table, attributeActions, keyring }).encryptItem({
 *   customer_id: { S: 'c-1' },
 *   ssn: { S: '078-05-1120' },
 * })
 * const request = new Request('https://shop.example/customers', {
 *   method: 'POST',
 *   body: new URLSearchParams({ fieldseal: toDynamoJson(item), email: 'ada@example.org' }),
 * })
 *
 * const options = { keyring, table, seal: ['ssn'], plain: ['email'] }
 * const { document, fields } = await openForm(request, options)
 * console.log(document.ssn, fields.email) // → 078-05-1120 ada@example.org
 *
 * const careless = new URLSearchParams({ ssn: '078-05-1120', email: 'ada@example.org' })
 * const failure = await openForm(careless, options).catch((error: unknown) => error)
 * console.log((failure as Error).message)
 * // → the field 'ssn' is to be sealed, and came in plaintext. Refuse it, and have the page seal its form before it sends it.
 * ```
 */
export async function openForm(body: FormBody, options: OpenFormOptions): Promise<OpenedForm> {
  const given = readOptions(options, NAMES);
  const opener = new Opener(given);
  const work = async (): Promise<OpenedForm> => {
    for await (const field of fieldsOf(body, opener.limits)) await opener.take(field);
    return opener.end();
  };
  // Whoever sends it may stop half way, and leave the connection open.
  return untilAborted(work(), given.signal);
}

class Opener {
  readonly limits: { readonly maxFields: number; readonly maxBodyBytes: number };
  readonly #keys: FormKeys;
  readonly #table: FormTable | undefined;
  readonly #field: string;
  readonly #tokens: boolean;
  readonly #sealed: ReadonlySet<string>;
  readonly #plain: ReadonlySet<string>;
  readonly #lists: ReadonlySet<string>;
  readonly #optional: ReadonlySet<string>;
  readonly #onFile: OpenFormOptions['onFile'];
  readonly #maxFiles: number;
  readonly #maxFileBytes: number;
  readonly #signal: AbortSignal | undefined;

  readonly #document: Record<string, FormValue> = {};
  readonly #fields: Record<string, string | string[]> = {};
  readonly #files: OpenedFile[] = [];
  /** Files that the record announces, and that have not come. */
  readonly #announced = new Map<string, FileDescription & { readonly field: string }>();
  readonly #came = new Set<string>();
  readonly #unknown = new Set<string>();
  readonly #twice = new Set<string>();
  #item: AttributeMap | undefined;

  constructor(given: OpenFormOptions) {
    const { keyring, cmm, as = 'item', field = 'fieldseal', onFile } = given;
    const table = given.table === undefined ? undefined : readTable(given.table);
    const { seal, plain = [], lists = [], optional = [] } = given;
    mustBeOneOf('as', as, ['item', 'tokens']);
    mustBeStrings({ field });
    if (onFile !== undefined && typeof onFile !== 'function') {
      throw wrong('onFile', 'a function', onFile);
    }
    oneOf({ keyring, cmm });
    this.#keys = { keyring, cmm };
    this.#tokens = as === 'tokens';
    if (this.#tokens === (table !== undefined)) {
      const problem = this.#tokens ? 'tokens have no table' : 'an item needs a table';
      throw usage('INVALID_CONFIG', problem, 'Give it with as: item, and only there.');
    }
    this.#table = table;
    this.#field = field;
    this.#sealed = new Set(stringArray('seal', seal));
    this.#plain = new Set(stringArray('plain', plain));
    this.#lists = new Set(stringArray('lists', lists));
    this.#optional = new Set(stringArray('optional', optional));
    this.#onFile = onFile;
    const { maxFields, maxBodyBytes, maxFileBytes, maxFiles } = given;
    this.limits = {
      maxFields: limitOption('maxFields', maxFields, 1000, MAX),
      maxBodyBytes: limitOption('maxBodyBytes', maxBodyBytes, 1 << 20, MAX),
    };
    this.#maxFileBytes = limitOption('maxFileBytes', maxFileBytes, 100 << 20, MAX);
    this.#maxFiles = limitOption('maxFiles', maxFiles, 10, MAX);
    this.#signal = signalOf(given.signal);
  }

  async take({ name, value }: Field): Promise<void> {
    this.#signal?.throwIfAborted();
    if (value instanceof IncomingFile) await this.#takeFile(name, value);
    else if (name === this.#field && !this.#tokens) await this.#takeItem(value);
    else if (typeof value !== 'string') {
      throw malformed('it is an object', 'Send a string.', shownName(name));
    } else if (this.#sealed.has(name)) await this.#takeToken(name, value);
    else if (this.#isPlain(name)) add(this.#fields, name, value, this.#lists.has(name));
    this.#came.add(name);
  }

  /** What was found, if every field is there that is to be, and no other. */
  end(): OpenedForm {
    const wanted = [...this.#sealed, ...this.#plain];
    const came = new Set([...this.#came, ...Object.keys(this.#document)]);
    const without = [...this.#announced.values()].map(({ field }) => field);
    const missing = wanted.filter((name) => !came.has(name) && !this.#optional.has(name));
    this.#refuse(new Set([...missing, ...without]));
    for (const name of this.#table ? keysOf(this.#table) : []) {
      const plain = ownValue(this.#fields, name);
      if (plain === undefined || !this.#item || plain === this.#document[name]) continue;
      const problem = `the key '${name}' is not the record's`;
      throw malformed(problem, 'Send the key that the record was sealed with.', name);
    }
    for (const name of this.#lists) if (!this.#sealed.has(name)) add(this.#fields, name, [], true);
    return {
      document: this.#document,
      fields: this.#fields,
      files: this.#files,
      ...(this.#item && { item: this.#item }),
    };
  }

  #refuse(missing: ReadonlySet<string> = new Set()): void {
    const found = { missing, unknown: this.#unknown, twice: this.#twice };
    const problems = Object.entries(found).filter(([, names]) => names.size > 0);
    const [first] = problems;
    if (!first) return;
    const listed = problems.map(([what, names]) => `${what}: ${[...names].join(', ')}`);
    const next = 'Send the fields that the options name, each of them once.';
    throw malformed(listed.join('; '), next, [...first[1]][0]);
  }

  /** Whether a field that is not sealed may come, as far as is known. */
  #isPlain(name: string): boolean {
    const list = this.#lists.has(name);
    if (!list && !this.#plain.has(name)) this.#unknown.add(shownName(name));
    else if (!list && this.#came.has(name)) this.#twice.add(name);
    else return true;
    return false;
  }

  async #takeItem(value: string | object): Promise<void> {
    if (this.#item) return void this.#twice.add(this.#field);
    const table = this.#table!;
    this.#item = fromDynamoJson(value);
    const encryptor = encryptorOf(this.#keys, table, this.#sealed);
    // Attributes that are signed only would open, too.
    for (const name of this.#sealed) mustBeSealed(this.#item, name);
    const { item } = await encryptor.decryptItem(this.#item, { signal: this.#signal });
    const document = fromAttributeMap(item);
    const wanted = [...keysOf(table), ...this.#sealed];
    const others = Object.keys(table.attributeActions ?? {});
    for (const name of Object.keys(document)) {
      if (!wanted.includes(name)) {
        if (!others.includes(name)) this.#unknown.add(shownName(name));
        continue;
      }
      const value = this.#valueOf(name, document[name]);
      // Where there may be several, no box checked and no file chosen are none.
      const list = this.#lists.has(name) && !Array.isArray(value);
      setOwn(this.#document, name, list ? [value].flat().filter((one) => one !== null) : value);
    }
  }

  /** A value as `sealForm` seals it. */
  #valueOf(name: string, value: unknown): FormValue {
    if (value === null || typeof value === 'string') return value;
    if (isArray(value)) {
      return value.map((one) => (typeof one === 'string' ? one : this.#announce(name, one)));
    }
    return this.#announce(name, value);
  }

  #announce(field: string, value: unknown): FileDescription {
    const { id, name, type, size } = isPlainObject(value) ? value : {};
    const strings = [id, name, type].every((one) => typeof one === 'string');
    if (!strings || !Number.isSafeInteger(size)) {
      const next = 'Seal it by sealForm or sealField.';
      throw malformed('its content is neither a string nor a file', next, field);
    }
    const description = { id, name, type, size } as FileDescription;
    if (this.#announced.has(description.id)) {
      throw malformed('two files have one id', 'Seal it by sealForm.', field);
    }
    this.#announced.set(description.id, { ...description, field });
    return description;
  }

  async #takeToken(name: string, token: string): Promise<void> {
    if (!this.#tokens || !isToken(token)) throw plaintext(name);
    const list = this.#lists.has(name);
    if (!list && Object.hasOwn(this.#document, name)) return void this.#twice.add(name);
    const how = { ...this.#keys, signal: this.#signal };
    const { value, context } = await openToken(name, token, how);
    const file = Object.hasOwn(context, FILE_KEY);
    add(this.#document, name, file ? this.#announce(name, parsed(name, value)) : value, list);
  }

  async #takeFile(field: string, file: IncomingFile): Promise<void> {
    if (this.#sealed.has(field)) return this.#takeSealedFile(field, file);
    if (!this.#isPlain(field)) return this.#refuse();
    // An input without a file.
    if (file.name === '') {
      const first: IteratorResult<unknown> = await file.content[Symbol.asyncIterator]().next();
      if (first.done !== true) throw malformed('a file has no name', 'Name it.', field);
      return;
    }
    const { name, type } = file;
    await this.#keep(
      { field, sealed: false, name, type },
      streamOf(file.content),
      this.#maxFileBytes,
    );
  }

  async #takeSealedFile(field: string, { content }: IncomingFile): Promise<void> {
    const client = await messages();
    const opening = client.decryptStream({
      ...this.#keys,
      encryptionContext: { [NAME_KEY]: field },
      signal: this.#signal,
    });
    const opened = streamOf(content).pipeThrough(opening);
    const { encryptionContext } = await opening.header.catch((error: unknown) => {
      throw error instanceof MalformedInputError ? plaintext(field) : error;
    });
    const id = encryptionContext[FILE_KEY] ?? '';
    const description = this.#announced.get(id);
    if (description?.field !== field) {
      await opened.cancel();
      throw malformed('a file of another form, or before its record', 'Send it after it.', field);
    }
    this.#announced.delete(id);
    const { name, type, size } = description;
    if (size > this.#maxFileBytes) throw tooLarge(field, this.#maxFileBytes);
    await this.#keep({ field, sealed: true, name, type }, opened, size);
  }

  async #keep(file: OpenedFile, stream: Bytes, max: number): Promise<void> {
    if (this.#files.length >= this.#maxFiles) {
      throw limit(`a form of more than maxFiles files, ${this.#maxFiles}`, file.field);
    }
    const ends: OpenedFile[] = [];
    const within = bounded(stream, max, file.field, (left) => {
      if (file.sealed && left > 0) {
        throw malformed('a file is shorter than its record says', 'Send all of it.', file.field);
      }
      ends.push(file);
    });
    if (!this.#onFile) {
      this.#files.push({ ...file, content: await blobOf(within, file.type) });
      return;
    }
    await this.#onFile(file, within);
    if (ends.length === 0) {
      const next = 'Read its stream to the end before onFile returns: what comes after it waits.';
      throw usage('INVALID_ARGUMENT', 'a file was not read', next, file.field);
    }
    this.#files.push(file);
  }
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Puts a value under its name; of lists into an array, with those that are there. */
function add<T>(values: Record<string, T>, name: string, value: unknown, list: boolean): void {
  const before = list && Object.hasOwn(values, name) ? [values[name]].flat() : [];
  setOwn(values, name, (list ? [...before, value].flat() : value) as T);
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the engine's error, which quotes the text.
    throw malformed('the description of a file is not JSON', 'Seal it by sealForm.', name);
  }
}

const tooLarge = (field: string, max: number) =>
  limit(`a file of more than ${max} bytes, which maxFileBytes or the form itself says`, field);

/** What is iterated as a stream, which reads no more than is asked of it. */
function streamOf(content: AsyncIterable<Uint8Array<ArrayBuffer>>): Bytes {
  const chunks = content[Symbol.asyncIterator]() as AsyncIterator<
    Uint8Array<ArrayBuffer>,
    undefined
  >;
  return new ReadableStream(
    {
      async pull(controller) {
        const { value } = await chunks.next();
        if (value) controller.enqueue(value);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A stream that fails when it has more bytes, and tells when it has ended. */
function bounded(stream: Bytes, max: number, field: string, end: (left: number) => void): Bytes {
  let left = max;
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        left -= chunk.length;
        if (left < 0) throw tooLarge(field, max);
        controller.enqueue(chunk);
      },
      flush: () => end(left),
    }),
  );
}
