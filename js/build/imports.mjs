// The names under which a module of WebAssembly imports functions.

/** Gives a module's imports other names: what `rename` answers for each. */
export function renameImports(bytes, rename) {
  let at = 8;
  /** A number in LEB128. */
  const number = () => {
    let [value, shift] = [0, 0];
    let byte;
    do {
      byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte >= 0x80);
    return value;
  };
  const text = () => {
    const length = number();
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  while (bytes[at] !== 2) {
    at += 1;
    const size = number();
    at += size;
    if (at >= bytes.length) throw new Error('a module without imports');
  }
  const before = bytes.subarray(0, (at += 1));
  const end = number() + at;
  const count = number();
  const section = [encoded(count)];
  for (let i = 0; i < count; i++) {
    const names = [text(), rename(text())].map((name) => Buffer.from(name));
    const from = at;
    // A function, and its type's number.
    if (bytes[at++] !== 0) throw new Error('an import of another kind than a function');
    number();
    for (const name of names) section.push(encoded(name.length), name);
    section.push(bytes.subarray(from, at));
  }
  if (at !== end) throw new Error('imports of another form');
  const body = Buffer.concat(section);
  return Buffer.concat([before, encoded(body.length), body, bytes.subarray(end)]);
}

function encoded(number) {
  const bytes = [];
  for (; number >= 0x80; number = Math.floor(number / 128)) bytes.push((number % 128) | 0x80);
  return Buffer.from([...bytes, number]);
}
