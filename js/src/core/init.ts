/** Loading of a core whose bytes the caller has. */

import { FieldsealError, usage, UsageError } from '../errors.js';
import { describe } from '../host/http.js';
import { compiles, instantiate, notMade } from './instantiate.js';
import { tagOf } from '../util/tag.js';
import { mustHaveWebAssembly, registerCore, type CoreBuild } from './registry.js';

/** The bytes, a `Response` of them (or its promise), or a compiled module. */
export type CoreBytes = BufferSource | WebAssembly.Module | Response | Promise<Response>;

/** Compiles, instantiates and registers a build of the core, without holding up the host. */
export async function initCore(from: CoreBytes, build: Omit<CoreBuild, 'load'>): Promise<void> {
  mustHaveWebAssembly();
  const { complete, makeGlue } = build;
  const file = complete ? 'core.wasm' : 'items.wasm';
  let module: WebAssembly.Module;
  try {
    module = await moduleOf(await from, file);
  } catch (error) {
    if (error instanceof FieldsealError) throw error;
    throw wrong('something that failed', file, error);
  }
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  if (!names.includes('reserve_input') || names.includes('encrypt_message') !== complete) {
    throw wrong('another WebAssembly module', file);
  }
  // What the glue calls; names that begin with an underscore are wasm-bindgen's own.
  const calls = Object.keys(makeGlue()).filter((name) => !name.startsWith('_'));
  if (!calls.every((name) => names.includes(name))) throw wrong('that of another version', file);
  const first = await instantiate(makeGlue, module).catch((error: unknown) => {
    const { cause } = error as FieldsealError;
    throw cause instanceof WebAssembly.LinkError
      ? wrong('that of another version', file, cause)
      : error;
  });
  registerCore({ ...build, load: () => module }, first);
}

async function moduleOf(given: unknown, file: string): Promise<WebAssembly.Module> {
  // Tags instead of `instanceof`, which fails for objects of another realm (a frame, a test
  // runner's sandbox).
  const tag = tagOf(given);
  if (tag === '[object WebAssembly.Module]') return given as WebAssembly.Module;
  if (tag === '[object ArrayBuffer]' || ArrayBuffer.isView(given)) {
    return compile(given as BufferSource, file);
  }
  if (typeof (given as Response | undefined)?.arrayBuffer === 'function') {
    const { ok, status } = given as Partial<Response>;
    if (ok === false) throw wrong(`a response with status ${status}`, file);
    // Not compileStreaming: it refuses servers that send another media type.
    return compile(await (given as Response).arrayBuffer(), file);
  }
  throw usage('INVALID_ARGUMENT', 'init takes bytes, a Response or a WebAssembly.Module');
}

async function compile(bytes: BufferSource, file: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    if (!compiles()) throw notMade(error);
    // Most often the page that a server sends for a file it does not have.
    throw wrong('something else', file, error);
  }
}

function wrong(found: string, file: string, cause?: unknown): FieldsealError {
  const message = `init was given ${found}${cause === undefined ? '' : `: ${describe(cause)}`}`;
  const next = `Give it the file 'fieldseal/${file}' of this version.`;
  return new UsageError({ code: 'INVALID_ARGUMENT', message, next, cause });
}
