/** Bodies of the type multipart/form-data (RFC 7578), as browsers write them, read as they come. */

import { utf8Decoder } from '../util/utf8.js';
import { malformed } from './errors.js';

/** A part of a body. Its content is read before the next part is asked for; what is not read is skipped. */
export interface Part {
  readonly name: string;
  /** Of files. */
  readonly filename?: string;
  readonly type?: string;
  readonly content: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** The most bytes that the headers of a part may have. */
const MAX_HEADERS = 8 << 10;
const LINE_END = ascii('\r\n');
const HEADERS_END = ascii('\r\n\r\n');

export async function* multipart(
  chunks: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<Part, void, undefined> {
  const input = new Input(chunks);
  try {
    yield* partsOf(input, boundary);
  } finally {
    await input.close();
  }
}

async function* partsOf(input: Input, boundary: string): AsyncGenerator<Part, void, undefined> {
  const delimiter = ascii(`\r\n--${boundary}`);
  // As though a part had come before it.
  input.unread(LINE_END);
  await input.skip(delimiter);
  for (;;) {
    const next = latin1(await input.take(2));
    if (next === '--') break;
    if (next !== '\r\n') throw wrongBody('a delimiter is not at the end of its line');
    const headers = await headersOf(input);
    const content = input.until(delimiter);
    yield { ...headers, content };
    // Whatever was not read of it.
    for await (const _ of content);
  }
  const after = latin1(await input.take(3));
  if (after !== '' && after !== '\r\n') throw wrongBody('something follows its end');
}

async function headersOf(input: Input): Promise<Omit<Part, 'content'>> {
  const lines = text(await input.line(HEADERS_END, MAX_HEADERS)).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    // No expression takes the spaces off: one that tries every place takes minutes for a long line.
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!/^[\w-]+$/.test(name) || /[\r\n]/.test(line) || headers.has(name)) {
      throw wrongBody('a part has a header that cannot be read');
    }
    headers.set(name, line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  const found = /^form-data; name="([^"]*)"(?:; filename="([^"]*)")?$/.exec(disposition);
  if (!found) throw wrongBody('a part has no name');
  const [, name, filename] = found;
  const type = headers.get('content-type');
  return {
    name: unescaped(name!),
    ...(filename !== undefined && { filename: unescaped(filename) }),
    ...(type !== undefined && { type }),
  };
}

const ESCAPED: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' };

/** Browsers escape three characters of names, and nothing else. */
const unescaped = (name: string): string => name.replace(/%(22|0D|0A)/g, (one) => ESCAPED[one]!);

/** Bytes that come in chunks, which end anywhere. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array, undefined>;
  #held: Uint8Array<ArrayBuffer> = new Uint8Array();
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  }

  /** Says that no more is wanted. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#chunks.return?.();
  }

  unread(bytes: Uint8Array<ArrayBuffer>): void {
    this.#held = joined(bytes, this.#held);
  }

  /** Up to `length` bytes: fewer at the end. */
  async take(length: number): Promise<Uint8Array> {
    while (this.#held.length < length && (await this.#more()));
    return this.#cut(length);
  }

  /** Takes what the body has to begin with. */
  async skip(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (find(await this.take(bytes.length), bytes) !== 0) throw wrongBody('it begins otherwise');
  }

  /** What comes before `end`, which is taken, too. */
  async line(end: Uint8Array<ArrayBuffer>, max: number): Promise<Uint8Array> {
    for (;;) {
      const at = find(this.#held, end);
      if (at >= 0 && at <= max) {
        const line = this.#cut(at);
        this.#cut(end.length);
        return line;
      }
      if (this.#held.length > max) throw wrongBody('the headers of a part are too long');
      if (!(await this.#more())) throw wrongBody('it is cut short');
    }
  }

  /** What comes before `end`, chunk by chunk; `end` is taken, too. Once it is read, there is no more. */
  async *until(end: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (;;) {
      const at = find(this.#held, end);
      if (at >= 0) {
        if (at > 0) yield this.#cut(at);
        this.#cut(end.length);
        return;
      }
      // The last bytes may be a part of what ends it.
      const sure = this.#held.length - end.length + 1;
      if (sure > 0) yield this.#cut(sure);
      if (!(await this.#more())) throw wrongBody('it is cut short');
    }
  }

  #cut(length: number): Uint8Array<ArrayBuffer> {
    const cut = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return cut;
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const { value } = await this.#chunks.next();
    if (value) this.#held = joined(this.#held, value);
    else this.#ended = true;
    return value !== undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Where some bytes begin in others; -1 if they are not there. */
function find(bytes: Uint8Array, wanted: Uint8Array): number {
  const last = bytes.length - wanted.length;
  for (let at = bytes.indexOf(wanted[0]!); at >= 0 && at <= last;) {
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
    at = bytes.indexOf(wanted[0]!, at + 1);
  }
  return -1;
}

function text(bytes: Uint8Array): string {
  try {
    return utf8Decoder().decode(bytes);
  } catch {
    throw wrongBody('the headers of a part are not UTF-8');
  }
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

const wrongBody = (problem: string) =>
  malformed(`the body is not multipart/form-data: ${problem}`, 'Send it as browsers do.');
