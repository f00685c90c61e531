// An order of functions in which each stands beside one that is like it: what a compressor repeats is near then, which
// takes it fewer bits to say.

import { encoded } from './imports.mjs';
import { WasmReader } from './wasm-reader.mjs';

/** Bytes that are compared at a time. */
const PIECE = 4;
/** Numbers in a sketch of a function: of so many hash functions the least hash of its pieces (MinHash). */
const SKETCH = 512;

/** A module whose functions have names that sort them so: `wasm-opt --reorder-functions-by-name` does it. */
export function nameByLikeness(bytes) {
  const reader = new WasmReader(bytes);
  const kept = [bytes.subarray(0, reader.at)];
  const bodies = [];
  let imports = 0;
  while (!reader.atEnd) {
    const start = reader.at;
    const [id, size] = [reader.byte(), reader.number()];
    const end = reader.at + size;
    // All imports are functions (`imports.mjs`).
    if (id === 2) imports = reader.number();
    for (let left = id === 10 ? reader.number() : 0; left > 0; left--)
      bodies.push(reader.take(reader.number()));
    reader.at = end;
    // Not the names that there are.
    if (id !== 0) kept.push(bytes.subarray(start, end));
  }
  const names = new Array(bodies.length);
  inOrder(bodies).forEach((index, place) => {
    const name = `f${String(place).padStart(6, '0')}`;
    names[index] = Buffer.concat([encoded(imports + index), vector(Buffer.from(name))]);
  });
  const functions = vector(Buffer.concat([encoded(names.length), ...names]));
  const section = Buffer.concat([vector(Buffer.from('name')), Buffer.of(1), functions]);
  return Buffer.concat([...kept, Buffer.of(0), vector(section)]);
}

const vector = (bytes) => Buffer.concat([encoded(bytes.length), bytes]);

/** The indices of functions: after each the one, of those that are left, that is most like it. */
function inOrder(bodies) {
  const sketches = bodies.map(sketch);
  const sharing = Array.from({ length: SKETCH }, () => new Map());
  sketches.forEach((numbers, index) => {
    numbers.forEach((number, i) => {
      const indices = sharing[i].get(number);
      if (indices) indices.add(index);
      else sharing[i].set(number, new Set([index]));
    });
  });
  const left = new Set(bodies.keys());
  const order = [];
  for (let index = 0; left.size > 0;) {
    order.push(index);
    left.delete(index);
    const shared = new Map();
    sketches[index].forEach((number, i) => {
      const others = sharing[i].get(number);
      others.delete(index);
      for (const other of others) shared.set(other, (shared.get(other) ?? 0) + 1);
    });
    // Without one that is alike, the next that is left.
    let most = -Infinity;
    const { length } = bodies[index];
    index = left.values().next().value;
    for (const [other, count] of shared) {
      const lengths = [bodies[other].length, length];
      const likeness = count - Math.max(...lengths) / Math.min(...lengths) / 4;
      if (likeness > most || (likeness === most && other < index))
        [most, index] = [likeness, other];
    }
  }
  return order;
}

function sketch(body) {
  const least = new Uint32Array(SKETCH).fill(0xffffffff);
  for (let at = 0; at + PIECE <= body.length; at++) {
    let hash = 0;
    for (let i = 0; i < PIECE; i++) hash = Math.imul(hash ^ body[at + i], 0x01000193);
    for (let i = 0; i < SKETCH; i++) {
      let mixed = Math.imul(hash ^ Math.imul(i + 1, 0x9e3779b1), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0;
      if (mixed < least[i]) least[i] = mixed;
    }
  }
  return least;
}
