/**
 * Messages as Web Streams. Not a `TransformStream` inside: not every browser tells one that it was
 * cancelled, and a cancelled message must be wiped.
 *
 * @module
 */

import { usage } from './errors.js';
import type { MessageHeader } from './encryption-client.js';
import { bytesOf, mustBeWhole } from './message-input.js';
import type { Session } from './message-session.js';

/** How far a stream has come, in bytes since its start. */
export interface StreamProgress {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A pair for `pipeThrough`: bytes in, bytes out. It has the shape of a `TransformStream`. */
export interface MessageStream extends ReadableWritablePair<
  Uint8Array<ArrayBuffer>,
  Uint8Array | ArrayBuffer
> {
  /**
   * The message's header: when encrypting, once it is written; when decrypting, once it has verified
   * under the data key. Rejects with what ended the stream before.
   */
  readonly header: Promise<MessageHeader>;
}

/** Longer chunks are worked on in pieces, so that memory stays bounded whatever the chunks are. */
const PIECE = 1 << 20;

/** What a stream needs of its message. */
export interface StreamSource {
  readonly session: Session;
  /** Begins the message; answers its first bytes. */
  begin(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
  readonly onProgress: ((progress: StreamProgress) => void) | undefined;
}

export function messageStream({ session, begin, onProgress }: StreamSource): MessageStream {
  let output!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  let input!: WritableStreamDefaultController;
  let bytesIn = 0;
  let bytesOut = 0;
  // Back-pressure: a piece is given out when the reader asks for one.
  let wanted = false;
  let wake: (() => void) | undefined;
  let ended = false;

  let resolveHeader!: (header: MessageHeader) => void;
  let rejectHeader!: (reason: unknown) => void;
  let header: MessageHeader | undefined;
  const headerPromise = new Promise<MessageHeader>((resolve, reject) => {
    [resolveHeader, rejectHeader] = [resolve, reject];
  });
  // Whoever does not ask for the header need not handle its failure.
  headerPromise.catch(() => undefined);

  const end = (reason: unknown): void => {
    ended = true;
    session.dispose();
    rejectHeader(reason);
    wake?.();
  };
  const push = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    if (bytes.length === 0) return;
    if (!wanted) await new Promise<void>((resolve) => (wake = resolve));
    if (ended) return;
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
      if (!ended) output.error(error);
      end(error);
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
        end(why);
        input.error(why);
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array | ArrayBuffer>({
    start(controller) {
      input = controller;
    },
    write: (chunk) =>
      guarded(async () => {
        const bytes = bytesOf('a chunk of the stream', chunk);
        const { length } = bytes;
        await begun();
        for (let at = 0; at < length && !ended; at += PIECE) {
          mustBeWhole(bytes, length);
          const piece = bytes.subarray(at, at + PIECE);
          bytesIn += piece.length;
          const given = await session.next(piece, false);
          noteHeader();
          await push(given);
        }
        onProgress?.({ bytesIn, bytesOut });
      }),
    close: () =>
      guarded(async () => {
        await begun();
        const given = await session.next(undefined, true);
        noteHeader();
        await push(given);
        session.dispose();
        if (ended) return;
        onProgress?.({ bytesIn, bytesOut });
        output.close();
      }),
    abort(reason: unknown) {
      const why = reason ?? usage('INVALID_ARGUMENT', 'the stream was aborted');
      if (!ended) output.error(why);
      end(why);
    },
  });

  let beginning: Promise<void> | undefined;
  const begun = (): Promise<void> =>
    (beginning ??= (async () => {
      const first = await begin();
      noteHeader();
      await push(first);
    })());

  return { readable, writable, header: headerPromise };
}
