/** Loading of a core whose bytes the caller has. */

import { usage } from '../errors.js';
import { registerCore, type CoreBuild } from './registry.js';

/** The bytes, a `Response` of them (or its promise), or a compiled module. */
export type CoreBytes = BufferSource | WebAssembly.Module | Response | Promise<Response>;

/** Compiles and registers a build of the core. */
export async function initCore(from: CoreBytes, build: Omit<CoreBuild, 'load'>): Promise<void> {
  const { complete } = build;
  const file = complete ? 'core.wasm' : 'items.wasm';
  const given = await from;
  // Tags instead of `instanceof`, which fails for objects of another realm (a frame, a test
  // runner's sandbox).
  const tag = Object.prototype.toString.call(given);
  let module: WebAssembly.Module;
  if (tag === '[object WebAssembly.Module]') {
    module = given;
  } else if (tag === '[object ArrayBuffer]' || ArrayBuffer.isView(given)) {
    module = await compile(given as BufferSource, file);
  } else if (typeof (given as Response | undefined)?.arrayBuffer === 'function') {
    const { ok, status } = given as Partial<Response>;
    if (ok === false) throw wrong(`a response with status ${status}`, file);
    // Not compileStreaming: it refuses servers that send another media type.
    module = await compile(await (given as Response).arrayBuffer(), file);
  } else {
    throw usage('INVALID_ARGUMENT', 'init takes bytes, a Response or a WebAssembly.Module');
  }
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  if (!names.includes('reserve_input') || names.includes('encrypt_message') !== complete) {
    throw wrong('another WebAssembly module', file);
  }
  registerCore({ ...build, load: () => module });
}

async function compile(bytes: BufferSource, file: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // Most often the page that a server sends for a file it does not have.
    throw wrong(`something else: ${(error as Error).message}`, file);
  }
}

function wrong(found: string, file: string): Error {
  const next = `Give it the file 'fieldseal/${file}' of this version.`;
  return usage('INVALID_ARGUMENT', `init was given ${found}`, next);
}
