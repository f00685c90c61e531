// Suite 04 78 written out with node:crypto and nothing else: what a library costs beyond its cryptography. One
// encrypted data key, no encryption context, no checks beyond the tags; not for use.

import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const FRAME = 4096;
const INFO = Buffer.from('name');

function seal(key, iv, aad, text) {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
  return [cipher.update(text), cipher.final(), cipher.getAuthTag()];
}

function open(key, iv, aad, text, tag) {
  const cipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(aad).setAuthTag(tag);
  return [cipher.update(text), cipher.final()];
}

function keys(dataKey, id) {
  const key = Buffer.from(
    hkdfSync('sha512', dataKey, id, Buffer.from('\x04\x78DERIVEKEY', 'latin1'), 32),
  );
  return [key, Buffer.from(hkdfSync('sha512', dataKey, id, 'COMMITKEY', 32))];
}

function frameParts(id, sequence, length, last) {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(sequence, 8);
  const tail = Buffer.alloc(12);
  tail.writeUInt32BE(sequence, 0);
  tail.writeUInt32BE(length, 8);
  const name = last ? 'AWSKMSEncryptionClient Final Frame' : 'AWSKMSEncryptionClient Frame';
  return [iv, Buffer.concat([id, Buffer.from(name), tail])];
}

const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u32 = (n) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
const field = (bytes) => [u16(bytes.length), bytes];

export function encrypt(text, wrappingKey) {
  const [dataKey, id, iv] = [randomBytes(32), randomBytes(32), randomBytes(12)];
  const wrapped = Buffer.concat(seal(wrappingKey, iv, Buffer.alloc(0), dataKey));
  const info = Buffer.concat([INFO, u32(128), u32(12), iv]);
  const [key, commitment] = keys(dataKey, id);
  const header = Buffer.concat([
    Buffer.from([2, 4, 0x78]),
    id,
    u16(0),
    u16(1),
    ...field(Buffer.from('namespace')),
    ...field(info),
    ...field(wrapped),
    Buffer.from([2]),
    u32(FRAME),
    commitment,
  ]);
  const out = [header, seal(key, Buffer.alloc(12), header, Buffer.alloc(0))[2]];
  for (let at = 0, sequence = 1; ; at += FRAME, sequence++) {
    const last = text.length - at <= FRAME;
    const piece = text.subarray(at, at + FRAME);
    const [iv, aad] = frameParts(id, sequence, piece.length, last);
    if (last) out.push(u32(0xffffffff));
    out.push(u32(sequence), iv);
    if (last) out.push(u32(piece.length));
    out.push(...seal(key, iv, aad, piece));
    if (last) return Buffer.concat(out);
  }
}

export function decrypt(message, wrappingKey) {
  const id = message.subarray(3, 35);
  let at = 35 + 2 + 2;
  const next = () => message.subarray(at + 2, (at += 2 + message.readUInt16BE(at)));
  const [, info, wrapped] = [next(), next(), next()];
  const dataKey = Buffer.concat(
    open(
      wrappingKey,
      info.subarray(-12),
      Buffer.alloc(0),
      wrapped.subarray(0, 32),
      wrapped.subarray(32),
    ),
  );
  const [key, commitment] = keys(dataKey, id);
  at += 5;
  if (!timingSafeEqual(commitment, message.subarray(at, at + 32))) throw new Error('commitment');
  at += 32;
  open(
    key,
    Buffer.alloc(12),
    message.subarray(0, at),
    Buffer.alloc(0),
    message.subarray(at, at + 16),
  );
  at += 16;
  const out = [];
  for (let sequence = 1; ; sequence++) {
    const last = message.readUInt32BE(at) === 0xffffffff;
    at += last ? 20 : 16;
    const length = last ? message.readUInt32BE(at) : FRAME;
    if (last) at += 4;
    const [iv, aad] = frameParts(id, sequence, length, last);
    out.push(
      ...open(
        key,
        iv,
        aad,
        message.subarray(at, at + length),
        message.subarray(at + length, at + length + 16),
      ),
    );
    at += length + 16;
    if (last) return Buffer.concat(out);
  }
}
