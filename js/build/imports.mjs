// The names under which a module of WebAssembly imports functions.

import { WasmReader } from './wasm-reader.mjs';

/** Gives a module's imports other names: what `rename` answers for each. */
export function renameImports(bytes, rename) {
  const reader = new WasmReader(bytes);
  const text = () => reader.take(reader.number()).toString('utf8');
  while (reader.byte() !== 2) {
    reader.take(reader.number());
    if (reader.atEnd) throw new Error('a module without imports');
  }
  const before = bytes.subarray(0, reader.at);
  const end = reader.number() + reader.at;
  const count = reader.number();
  const section = [encoded(count)];
  for (let i = 0; i < count; i++) {
    const names = [text(), rename(text())].map((name) => Buffer.from(name));
    const from = reader.at;
    // A function, and its type's number.
    if (reader.byte() !== 0) throw new Error('an import of another kind than a function');
    reader.number();
    for (const name of names) section.push(encoded(name.length), name);
    section.push(bytes.subarray(from, reader.at));
  }
  if (reader.at !== end) throw new Error('imports of another form');
  const body = Buffer.concat(section);
  return Buffer.concat([before, encoded(body.length), body, bytes.subarray(end)]);
}

/** A number in LEB128. */
export function encoded(number) {
  const bytes = [];
  for (; number >= 0x80; number = Math.floor(number / 128)) bytes.push((number % 128) | 0x80);
  return Buffer.from([...bytes, number]);
}
