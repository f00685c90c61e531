// Just enough of the ZIP format to read an archive of vectors.

import { inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const ENTRY = 0x02014b50;

/** The files of an archive by their names; compressed or stored, neither encrypted nor split. */
export function readZip(archive) {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== END) end--;
  if (end < 0) throw new Error('not a ZIP archive');
  const files = new Map();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new Error('a damaged directory');
    const method = archive.readUInt16LE(at + 10);
    const [packed, size] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24)];
    const [name, extra, comment] = [28, 30, 32].map((i) => archive.readUInt16LE(at + i));
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(start, start + packed);
    const path = archive.toString('utf8', at + 46, at + 46 + name);
    if (method !== 0 && method !== 8) throw new Error(`${path}: compression ${method}`);
    const content = method === 8 ? inflateRawSync(bytes) : bytes;
    if (content.length !== size) throw new Error(`${path} has ${content.length} bytes`);
    if (!path.endsWith('/')) files.set(path, content);
    at += 46 + name + extra + comment;
  }
  return files;
}
