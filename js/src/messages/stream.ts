/**
 * Messages as Web Streams. Not a `TransformStream` inside: not every browser tells one that it was
 * cancelled, and a cancelled message must be wiped.
 *
 * @module
 */

import { bytesOf, lengthOf } from '../util/bytes.js';
import { usage } from '../errors.js';
import type { MessageHeader, MessageStream, StreamProgress } from './types.js';
import { mustBeWhole } from './input.js';
import type { Session } from './session.js';
import { tell } from '../util/observe.js';
import { onAbort } from '../util/signal.js';
import { Turns } from '../util/waiting.js';

/** Longer chunks are worked on in pieces, so that memory stays bounded whatever the chunks are. */
const PIECE = 1 << 20;

/** What a stream needs of its message. */
export interface StreamSource {
  readonly session: Session;
  /** Begins the message; returns its first bytes. */
  begin(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
  readonly onProgress: ((progress: StreamProgress) => void) | undefined;
  /** Ends the stream, both its sides, when it aborts. */
  readonly signal: AbortSignal | undefined;
}

export function messageStream(source: StreamSource): MessageStream {
  const { session, begin, onProgress, signal } = source;
  let output!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  let input!: WritableStreamDefaultController;
  let bytesIn = 0;
  let bytesOut = 0;
  // Back-pressure: a piece is given out when the reader asks for one.
  let wanted = false;
  let wake: (() => void) | undefined;
  let ended = false;
  let failure: unknown;
  let unlisten: (() => void) | undefined;
  const turns = new Turns();

  let resolveHeader!: (header: MessageHeader) => void;
  let rejectHeader!: (reason: unknown) => void;
  let header: MessageHeader | undefined;
  const headerPromise = new Promise<MessageHeader>((resolve, reject) => {
    [resolveHeader, rejectHeader] = [resolve, reject];
  });
  // Whoever does not ask for the header need not handle its failure.
  headerPromise.catch(() => undefined);

  const end = (reason: unknown): void => {
    if (ended) return;
    failure = reason;
    finish(reason);
    rejectHeader(reason);
    wake?.();
  };
  const finish = (reason?: unknown): void => {
    ended = true;
    unlisten?.();
    session.dispose(reason);
  };
  /** Tells both sides at once, whatever they wait for. */
  const fail = (): void => failWith(signal?.reason);
  const failWith = (reason: unknown): void => {
    if (ended) return;
    output.error(reason);
    input.error(reason);
    end(reason);
  };
  const push = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    if (bytes.length === 0) return;
    if (!wanted) await new Promise<void>((resolve) => (wake = resolve));
    if (ended) throw failure;
    wanted = false;
    bytesOut += bytes.length;
    output.enqueue(bytes);
  };
  const noteHeader = (): void => {
    header ??= session.header();
    if (header) resolveHeader(header);
  };
  /** Any failure ends both sides. */
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failWith(error);
      throw error;
    }
  };

  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (controller) => void (output = controller),
      pull() {
        wanted = true;
        wake?.();
      },
      cancel(reason: unknown) {
        const why = reason ?? usage('INVALID_ARGUMENT', 'the stream was cancelled');
        if (ended) return;
        input.error(why);
        end(why);
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array | ArrayBuffer>({
    start(controller) {
      input = controller;
      // The stream itself waits for the write in progress before it says that it was aborted; this ends that write. What
      // follows from the abort for the writable side is the stream's own: it must not be told here.
      const { signal } = controller;
      signal.addEventListener('abort', () => {
        if (ended) return;
        output.error(signal.reason);
        end(signal.reason);
      });
    },
    write: (chunk) =>
      guarded(async () => {
        const bytes = bytesOf('a chunk of the stream', chunk);
        const length = lengthOf(bytes);
        await begun();
        for (let at = 0; at < length; at += PIECE) {
          mustBeWhole(bytes, length);
          const piece = bytes.subarray(at, at + PIECE);
          bytesIn += piece.length;
          const given = await session.next(piece, at + PIECE < length ? 'more' : 'open');
          noteHeader();
          await push(given);
          const turn = turns.next();
          if (turn) await turn;
        }
        tell(onProgress, { bytesIn, bytesOut });
      }),
    close: () =>
      guarded(async () => {
        await begun();
        const given = await session.next(undefined, 'last');
        noteHeader();
        await push(given);
        finish();
        tell(onProgress, { bytesIn, bytesOut });
        output.close();
      }),
    abort(reason: unknown) {
      failWith(reason ?? usage('INVALID_ARGUMENT', 'the stream was aborted'));
    },
  });

  let beginning: Promise<void> | undefined;
  const begun = (): Promise<void> =>
    (beginning ??= (async () => {
      const first = await begin();
      noteHeader();
      await push(first);
    })());

  unlisten = signal && onAbort(signal, fail);
  return { readable, writable, header: headerPromise };
}
