/** Files as messages of the AWS Encryption SDK, in bounded memory. */

import { limit, unsupported, usage } from '../errors.js';
import { messages } from './complete.js';
import { FILE_KEY, NAME_KEY } from './token.js';
import type { FileDescription, FormKeys, FormProgressDetail } from './types.js';

/** Bytes of a file that are sealed at once; whoever opens it holds as many. */
const FRAME = 64 << 10;
/** What a page holds of a sealed file, before it gives it to the browser, which may write it to its disk. */
const PIECE = 4 << 20;
/** How much of a file is read at once. */
const READ = 1 << 20;

/** How files are sealed. */
export interface FileSealing extends FormKeys {
  readonly maxFileBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FormProgressDetail) => void;
}

/** A file input without a file has one that is called ''. */
export const isNoFile = (file: File): boolean => file.name === '' && file.size === 0;

/** A new UUID. */
export function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  throw unsupported('randomUUID (browsers have it on https pages only)', 'Serve it over https.');
}

/** A file in words, which are sealed with the record. */
export function describeFile(field: string, file: File, maxFileBytes: number): FileDescription {
  const { name, type, size } = file;
  if (size > maxFileBytes) {
    throw limit(`a file of ${size} bytes is larger than maxFileBytes, ${maxFileBytes}`, field);
  }
  return { id: newId(), name, type, size };
}

/** The sealed content of a file. */
export async function sealFile(
  field: string,
  { id, size: total }: FileDescription,
  file: File,
  { keyring, cmm, signal, onProgress }: FileSealing,
): Promise<Blob> {
  const client = await messages();
  const sealing = client.encryptStream({
    keyring,
    cmm,
    encryptionContext: { [NAME_KEY]: field, [FILE_KEY]: id },
    frameLength: FRAME,
    plaintextLength: total,
    onProgress: ({ bytesIn }) => onProgress({ name: field, loaded: bytesIn, total }),
    signal,
  });
  try {
    return await blobOf(contentOf(file, total).pipeThrough(sealing));
  } catch (error) {
    // The file was changed or removed since it was chosen.
    if (!(error instanceof DOMException) || signal.aborted) throw error;
    throw usage('INVALID_ARGUMENT', 'the file could not be read', 'Choose it again.', field);
  }
}

/** Reads a file when it is asked for: the file's own `stream()` does not wait in WebKit, and so has all of it in memory. */
function contentOf(file: File, size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at > 0 && at >= size) return controller.close();
      // In Chromium a file that is gone has no bytes, and its slices are read well.
      const piece = size > READ ? file.slice(at, at + READ) : file;
      at += READ;
      controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
    },
  });
}

/**
 * All of a stream as one blob, which is made of blobs: what was given to the browser need not stay in memory. Firefox keeps what scripts
 * make blobs of in the page, but not what it has read itself.
 */
export async function blobOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  type = 'application/octet-stream',
): Promise<Blob> {
  const pieces: Blob[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    held += next.value.length;
    if (held < PIECE) continue;
    pieces.push(await new Response(new Blob(chunks)).blob());
    [chunks, held] = [[], 0];
  }
  return new Blob([...pieces, ...chunks], { type });
}
