/** The same API without the core's bytes: bring them yourself, and call {@link init} first. */

import { usage } from './errors.js';
import { setModuleSource } from './module.js';

export * from './api.js';

/**
 * Loads the core from `fieldseal/core.wasm`, however you got hold of it.
 *
 * @param from - the bytes, a `Response` of them (or its promise), or a compiled module
 */
export async function init(
  from: BufferSource | WebAssembly.Module | Response | Promise<Response>,
): Promise<void> {
  const given = await from;
  // Tags instead of `instanceof`, which fails for objects of another realm (a frame, a test
  // runner's sandbox).
  const tag = Object.prototype.toString.call(given);
  let module: WebAssembly.Module;
  if (tag === '[object WebAssembly.Module]') {
    module = given as WebAssembly.Module;
  } else if (tag === '[object ArrayBuffer]' || ArrayBuffer.isView(given)) {
    module = await compile(given as BufferSource);
  } else if (typeof (given as Response)?.arrayBuffer === 'function') {
    const { ok, status } = given as Response;
    if (ok === false) throw wrong(`a response with status ${status}`);
    // Not compileStreaming: it refuses servers that send another media type.
    module = await compile(await (given as Response).arrayBuffer());
  } else {
    throw usage('INVALID_ARGUMENT', 'init takes bytes, a Response or a WebAssembly.Module');
  }
  if (!WebAssembly.Module.exports(module).some(({ name }) => name === 'reserve_input')) {
    throw wrong('another WebAssembly module');
  }
  setModuleSource(() => module);
}

async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // Most often the page that a server sends for a file it does not have.
    throw wrong(`something else: ${(error as Error).message}`);
  }
}

function wrong(found: string): Error {
  const next = "Give it the file 'fieldseal/core.wasm' of this version.";
  return usage('INVALID_ARGUMENT', `init was given ${found}`, next);
}
