/** The fields of a request, whatever a framework makes of it. */

import { limit, usage, wrong } from '../errors.js';
import { isArray, isObject, isPlainObject, kindOf } from '../util/plain-object.js';
import { tagOf } from '../util/tag.js';
import { utf8Encoder } from '../util/utf8.js';
import { malformed } from './errors.js';
import { multipart } from './multipart.js';

/** The headers of a request, as the web has them or as Node does. */
type HeadersOf = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * What {@link openForm} takes: a `Request` of the web (Hono's `c.req.raw`), a request of Node (Express's `req`, Fastify's
 * `request.raw`) whose body nobody has read, `FormData`, `URLSearchParams`, or what a framework made of a body: an object with one
 * member for each field.
 */
export type FormBody =
  | Request
  | FormData
  | URLSearchParams
  | (AsyncIterable<Uint8Array> & {
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    })
  | Readonly<Record<string, unknown>>;

/** A field as it came. */
export interface Field {
  readonly name: string;
  /** A string, of JSON also an object; a file is bytes that come. */
  readonly value: string | object | IncomingFile;
}

export class IncomingFile {
  constructor(
    readonly name: string,
    readonly type: string,
    readonly content: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ) {}
}

/** What a body may cost. */
export interface BodyLimits {
  readonly maxFields: number;
  readonly maxBodyBytes: number;
}

const ENCODINGS = 'application/x-www-form-urlencoded, multipart/form-data or application/json';

/** The fields one after the other. A file is read before the next field is asked for. */
export async function* fieldsOf(
  body: FormBody,
  limits: BodyLimits,
): AsyncGenerator<Field, void, undefined> {
  let count = 0;
  let left = limits.maxBodyBytes;
  for await (const field of everyField(body, limits)) {
    if (++count > limits.maxFields) {
      throw limit(`a form of more than maxFields fields, ${limits.maxFields}`);
    }
    // Of what a framework has read, too.
    if (typeof field.value === 'string') left -= utf8Encoder().encode(field.value).length;
    if (left < 0) throw tooLong(limits.maxBodyBytes);
    yield field;
  }
}

function everyField(body: FormBody, limits: BodyLimits): AsyncIterable<Field> | Iterable<Field> {
  const tag = tagOf(body);
  if (tag === '[object FormData]' || tag === '[object URLSearchParams]') {
    return entriesOf(body as FormData | URLSearchParams);
  }
  const iterated = isObject(body) && Symbol.asyncIterator in body;
  if (isPlainObject(body) && !iterated) return membersOf(body);
  const { headers, body: stream } = Object(body) as { headers?: HeadersOf; body?: unknown };
  if (!isObject(headers)) throw wrong('body', 'a request, FormData or an object of fields', body);
  const type = headerOf(headers, 'content-type');
  if (isObject(stream) && (stream as ReadableStream).locked) {
    const next = 'Give openForm what was read, or the request before anyone reads it.';
    throw usage('INVALID_ARGUMENT', 'the body of the request was read already', next);
  }
  const chunks = iterated ? ofNode(body as NodeBody) : chunksOf(stream);
  return read(type, chunks, limits);
}

function headerOf(headers: HeadersOf, name: string): string {
  const value = typeof headers.get === 'function' ? headers.get(name) : (headers as never)[name];
  return typeof value === 'string' ? value : '';
}

type NodeBody = AsyncIterable<Uint8Array> & {
  iterator?(options: object): AsyncIterable<Uint8Array>;
  resume?(): unknown;
};

/** The bytes of a request of Node's. One that is refused half way stays open, to be answered: what comes of it is dropped. */
async function* ofNode(body: NodeBody): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body.iterator?.({ destroyOnReturn: false }) ?? body;
  } finally {
    body.resume?.();
  }
}

/** The bytes of a web stream. */
async function* chunksOf(stream: unknown): AsyncGenerator<Uint8Array, void, undefined> {
  if (!isObject(stream) || tagOf(stream) !== '[object ReadableStream]') return;
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

async function* read(
  type: string,
  chunks: AsyncIterable<Uint8Array>,
  { maxBodyBytes: max }: BodyLimits,
): AsyncGenerator<Field, void, undefined> {
  const budget = { left: max, max };
  const [media] = type.split(';');
  switch (media!.trim().toLowerCase()) {
    case 'application/x-www-form-urlencoded':
      yield* entriesOf(new URLSearchParams(await textOf(chunks, budget)));
      return;
    case 'application/json':
      yield* membersOf(parsed(await textOf(chunks, budget)));
      return;
    case 'multipart/form-data': {
      const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type) ?? [];
      const boundary = quoted ?? bare;
      if (boundary === undefined) throw malformed('its type names no boundary', 'Correct it.');
      for await (const { name, filename, type: of = '', content } of multipart(chunks, boundary)) {
        if (filename !== undefined) {
          yield { name, value: new IncomingFile(filename, of, content) };
          continue;
        }
        yield { name, value: await textOf(content, budget) };
      }
      return;
    }
    default:
      throw malformed(`its type is none of ${ENCODINGS}`, 'Send one of these.');
  }
}

function* entriesOf(entries: FormData | URLSearchParams): Generator<Field, void, undefined> {
  for (const [name, value] of entries as Iterable<[string, FormDataEntryValue]>) {
    if (typeof value === 'string') yield { name, value };
    else yield { name, value: fileOf(value) };
  }
}

const fileOf = (file: File): IncomingFile =>
  new IncomingFile(file.name, file.type, chunksOf(file.stream()) as IncomingFile['content']);

/** What a framework made of a body: strings, arrays of them, files, and the record of JSON. */
function* membersOf(fields: Readonly<Record<string, unknown>>): Generator<Field, void, undefined> {
  // What came last in JSON wins there; nothing tells that a name came twice.
  for (const [name, member] of Object.entries(fields)) {
    for (const value of isArray(member) ? member : [member]) {
      if (typeof value === 'string') yield { name, value };
      else if (/^\[object (File|Blob)\]$/.test(tagOf(value))) {
        yield { name, value: fileOf(value as File) };
      } else if (isPlainObject(value)) yield { name, value };
      else throw malformed(`a field is ${kindOf(value)}`, 'Send strings.', shownName(name));
    }
  }
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the engine's error, which quotes the text.
  }
  if (isPlainObject(value)) return value;
  throw malformed('the body is not a JSON object', 'Send what FormSealing.send sends.');
}

/** Bytes of strings that a body may still have. */
interface Budget {
  left: number;
  readonly max: number;
}

async function textOf(chunks: AsyncIterable<Uint8Array>, budget: Budget): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decoded = (...chunk: Parameters<TextDecoder['decode']>): string => {
    try {
      return decoder.decode(...chunk);
    } catch {
      throw malformed('it is not UTF-8', 'Send UTF-8.');
    }
  };
  let text = '';
  for await (const chunk of chunks) {
    budget.left -= chunk.length;
    if (budget.left < 0) throw tooLong(budget.max);
    text += decoded(chunk, { stream: true });
  }
  return text + decoded();
}

const tooLong = (max: number) => limit(`a form of more than maxBodyBytes, ${max}`);

/**
 * A name as an error may have it. Whatever is sent as urlencoded and is not is one long name, values included: what does not look
 * like a name is not shown.
 */
export const shownName = (name: string): string =>
  /^[\p{L}_$][\p{L}\p{N}_$.:[\]-]{0,63}$/u.test(name) ? name : `(${name.length} characters)`;
