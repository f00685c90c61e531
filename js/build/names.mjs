// The names under which a module of WebAssembly imports functions and exports what it has.

const IMPORTS = 2;
const EXPORTS = 7;

/** Gives a module's imports and exports other names: what `importName` and `exportName` answer for each. */
export function renamed(bytes, importName, exportName) {
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
  /** An entry of a section: its names, and behind them a kind and a number. */
  const entry = (names, rename, kinds) => {
    const found = Array.from({ length: names }, text);
    const shown = [...found.slice(0, -1), rename(found.at(-1))].map((name) => Buffer.from(name));
    const from = at;
    if (bytes[at++] > kinds) throw new Error('an import of another kind than a function');
    number();
    const texts = shown.flatMap((name) => [encoded(name.length), name]);
    return [...texts, bytes.subarray(from, at)];
  };
  const section = {
    [IMPORTS]: () => entry(2, importName, 0),
    [EXPORTS]: () => entry(1, exportName, 4),
  };
  const parts = [bytes.subarray(0, at)];
  const seen = new Set();
  while (at < bytes.length) {
    const start = at;
    const id = bytes[at++];
    const end = number() + at;
    if (section[id]) {
      seen.add(id);
      const count = number();
      const entries = Array.from({ length: count }, section[id]).flat();
      if (at !== end) throw new Error('a section of another form');
      const body = Buffer.concat([encoded(count), ...entries]);
      parts.push(Buffer.of(id), encoded(body.length), body);
    } else {
      parts.push(bytes.subarray(start, end));
    }
    at = end;
  }
  if (seen.size !== 2) throw new Error('a module without imports or exports');
  return Buffer.concat(parts);
}

function encoded(number) {
  const bytes = [];
  for (; number >= 0x80; number = Math.floor(number / 128)) bytes.push((number % 128) | 0x80);
  return Buffer.from([...bytes, number]);
}
