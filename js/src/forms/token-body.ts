/** The body of a message, looked at without a key (`data-format/message-body.md`). */

import type { StoredMessageHeader } from '../inspect.js';

/** Version, suite and message id, before the encryption context of a header of version 2. */
const BEFORE_CONTEXT = 35;
/** Content type, frame length, commitment and tag, after the encrypted data keys. */
const AFTER_KEYS = 1 + 4 + 32 + 16;
const SEQUENCE = 4;
const IV = 12;
const TAG = 16;
const LAST = 0xffffffff;

/**
 * Whether a message that a header begins is there to its end, and ends there: frame after frame, the last one, and the signature.
 *
 * @param header - of version 2, as it was read off the message
 */
export function isWhole(message: Uint8Array, header: StoredMessageHeader): boolean {
  const { frameLength, algorithmSuite } = header;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  try {
    let at = afterHeader(view);
    for (let number = 1, last = false; !last; number++) {
      last = view.getUint32(at) === LAST;
      if (last) at += SEQUENCE;
      if (view.getUint32(at) !== number) return false;
      at += SEQUENCE + IV;
      const length = last ? view.getUint32(at) : frameLength;
      if (length > frameLength) return false;
      at += (last ? 4 : 0) + length + TAG;
    }
    if (algorithmSuite.startsWith('05')) at += 2 + view.getUint16(at);
    return at === message.length;
  } catch {
    // A RangeError: it ends before.
    return false;
  }
}

function afterHeader(view: DataView): number {
  let at = BEFORE_CONTEXT;
  const skip = (): void => void (at += 2 + view.getUint16(at));
  skip();
  const keys = view.getUint16(at);
  at += 2;
  for (let fields = 3 * keys; fields > 0; fields--) skip();
  return at + AFTER_KEYS;
}
