/** The lines of a file, in bounded memory. */

import { limit } from '../../errors.js';
import { utf8Decoder } from '../../util/utf8.js';
import { malformed } from '../changes/read.js';

/**
 * The longest line, in bytes. An item of 400 KB has at most ten times as many bytes in JSON (a list of empty strings has nine), and a
 * line of an incremental export has two.
 */
const MAX_LINE = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/** A line of a file. */
export interface Line {
  /** Its number, from 1. */
  readonly line: number;
  readonly bytes: Uint8Array;
}

/**
 * Divides bytes into lines. The bytes of a line are there until the next one is asked for.
 *
 * @throws LimitError `LIMIT_EXCEEDED` for a line that no item makes
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Line, void, undefined> {
  let line = 1;
  let buffer = new Uint8Array(64 * 1024);
  let length = 0;
  const add = (part: Uint8Array): void => {
    const needed = length + part.length;
    if (needed > MAX_LINE) {
      const most = MAX_LINE.toLocaleString('en');
      throw limit(`line ${line} of the file is longer than ${most} bytes, and of no export`);
    }
    if (needed > buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * buffer.length));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(part, length);
    length = needed;
  };
  for await (const chunk of chunks) {
    let at = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, at)) >= 0; at = end + 1) {
      add(chunk.subarray(at, end));
      yield { line, bytes: buffer.subarray(0, length) };
      line += 1;
      length = 0;
    }
    add(chunk.subarray(at));
  }
  // A file ends with a newline; what is behind it is a line that was cut short, or has lost its end.
  if (length > 0) yield { line, bytes: buffer.subarray(0, length) };
}

/** A line as text. */
export function textOf(source: 'export file' | 'export manifest', { line, bytes }: Line): string {
  try {
    return utf8Decoder().decode(bytes);
  } catch {
    throw malformed(source, `line ${line} is not UTF-8`);
  }
}
