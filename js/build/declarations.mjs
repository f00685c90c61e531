// The published declarations, for compilers that know less than ours: TypeScript from 5.0, with or without the DOM library.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names that only the DOM library has, or the types of Node; where there is neither, they are `any`. */
const HOST =
  /\b(AbortSignal|Buffer|BufferSource|CryptoKey|ReadableWritablePair|Response|SubtleCrypto|WebAssembly\.\w+|typeof globalThis\.fetch|typeof import)\b/;

/** `Uint8Array` has no parameter before TypeScript 5.7: what a copy of one is, in each version. */
const OWN_BYTES = `ReturnType<Uint8Array['slice']>`;

/** A line of code, and not of a comment, that names something of the host. */
const namesHost = (line) => HOST.test(line) && !/^\s*(\/?\*|\/\/)/.test(line);

function withoutHost(text) {
  const lines = text.split('\n').map((line) => {
    const indent = /^\s*/.exec(line)[0];
    return namesHost(line)
      ? `${indent}// @ts-ignore: any, where there is no such name\n${line}`
      : line;
  });
  return lines.join('\n');
}

/** Rewrites the declarations of the package in a folder. Those in `testing` are for Node, and its types, only. */
export function makePortable(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8').replaceAll('Uint8Array<ArrayBuffer>', OWN_BYTES);
    writeFileSync(path, name.startsWith('cjs/testing') ? text : withoutHost(text));
  }
}
