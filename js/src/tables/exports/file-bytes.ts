/** The bytes of a file that is given as a stream, piece by piece, unpacked where they are gzip. */

import { unsupported, wrong } from '../../errors.js';
import { bytesOf, lengthOf } from '../../util/bytes.js';
import { isObject } from '../../util/plain-object.js';
import { untilAborted } from '../../util/signal.js';
import { malformed } from '../changes/read.js';

/**
 * A file as a stream of its bytes, as {@link openExportedItems} takes it: what Node's streams are, `Response` has as its body, and
 * `transformToWebStream` of AWS's SDK returns.
 */
export type FileStream = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** Some hosts unpack all that they are given at once, up to a thousand times as much: 16 MiB. */
const PIECE = 16 * 1024;

/** Refuses what is not a stream of bytes. */
export function mustBeFile(file: unknown): void {
  if (isObject(file) && ('getReader' in file || Symbol.asyncIterator in file)) return;
  const next = 'Give the body of the S3 object, or of the response.';
  throw wrong('the file', 'a ReadableStream or an AsyncIterable of Uint8Array', file, next);
}

/** The bytes of a file. Ends the stream when they are wanted no more. */
export async function* fileBytes(
  file: FileStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = sourceOf(file);
  try {
    const pieces = piecesOf(source, signal);
    const beginning: Uint8Array[] = [];
    let length = 0;
    while (length < 2) {
      const { value: piece } = await pieces.next();
      if (!piece) break;
      beginning.push(piece);
      length += piece.length;
    }
    const all = chain(beginning, pieces);
    yield* isGzip(beginning) ? unpacked(all) : all;
  } finally {
    // Not waited for: a stream that hangs would hang whoever ends it.
    source.end().catch(() => undefined);
  }
}

function isGzip(beginning: readonly Uint8Array[]): boolean {
  const [first, second] = beginning.flatMap((piece) => [...piece.subarray(0, 2)]);
  return first === 0x1f && second === 0x8b;
}

async function* chain(
  first: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first;
  yield* rest;
}

/** What comes, in pieces. */
async function* piecesOf(
  source: Source,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const { done, value } = await untilAborted(source.next(), signal);
    if (done === true) return;
    const chunk = bytesOf('a chunk of the file', value);
    const length = lengthOf(chunk);
    for (let at = 0; at < length; at += PIECE) yield chunk.subarray(at, at + PIECE);
  }
}

/** What a file is read from; it can be ended while the next chunk is waited for. */
interface Source {
  readonly next: () => Promise<IteratorResult<unknown, unknown>>;
  readonly end: () => Promise<unknown>;
}

/** A file by its reader where there is one, since not every browser's stream can be iterated. */
function sourceOf(file: FileStream): Source {
  if ('getReader' in file) {
    const reader = file.getReader();
    return {
      next: () => reader.read(),
      end: () => reader.cancel(),
    };
  }
  const iterator = file[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    async end() {
      // The iterator of a stream of Node's ends it only when the chunk has come that is waited for.
      (file as { destroy?: () => void }).destroy?.();
      await iterator.return?.();
    },
  };
}

/**
 * Unpacks gzip. Not with `pipeThrough`: Node would read ahead by 16,384 pieces, and unpack as many. A piece is given to the unpacker
 * when the one before it was taken, and what it has unpacked goes first.
 */
async function* unpacked(
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof DecompressionStream !== 'function') {
    throw unsupported('gzip in this host', 'Unpack the file before you give it.');
  }
  const { readable, writable } = new DecompressionStream('gzip');
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  let failed: { readonly error: unknown } | undefined;
  const write = async (): Promise<'written' | 'closed'> => {
    const { value: piece } = await pieces.next().catch((error: unknown) => {
      failed = { error };
      throw error;
    });
    if (!piece) return writer.close().then(() => 'closed');
    return writer.write(piece as Uint8Array<ArrayBuffer>).then(() => 'written');
  };
  try {
    let reading = reader.read();
    let writing: Promise<'written' | 'closed'> | undefined = write();
    for (;;) {
      const first = await Promise.race(writing ? [reading, writing] : [reading]);
      if (first === 'written') writing = write();
      else if (first === 'closed') writing = undefined;
      else if (first.done) return;
      else {
        yield first.value;
        reading = reader.read();
      }
    }
  } catch (cause) {
    if (failed) throw failed.error;
    throw Object.assign(malformed('export file', 'its gzip is damaged or cut short'), { cause });
  } finally {
    reader.cancel().catch(() => undefined);
    writer.abort().catch(() => undefined);
  }
}
