// What a panic would say is heard by nobody: the core has no output, and its host sees a trap either way. So the
// functions that panic trap at once, what makes up their words goes with them, and the places in the sources that
// they would name are blanked.

import binaryen from 'binaryen';

import { WasmReader } from './wasm-reader.mjs';

/**
 * Functions of Rust's libraries that only panic, by the ends of their names, which the linker numbers where two are alike; none of
 * them returns, which is checked.
 */
const PANICS =
  /^(<?core|<?alloc|<?std)(\[[0-9a-f]+\])?::(panicking::(?!panic_count|begin_panic::|panic_handler::)|.*(::panic_\w+|_fail|_fail_rt|_failed|::handle_error|::capacity_overflow)(::<.*>)?(::h[0-9a-f]{16})?(\.\d+)?$)/;

const either = (...names) => new RegExp(names.map(({ source }) => source).join('|'));

/**
 * How types of the libraries show themselves to programmers, what Debug builds its strings with, and names in errors of crates that are
 * dropped unseen: only panics use them, but tables of functions keep them. They write nothing. Our own types stay, and
 * references, whose functions the compiler may have merged with others.
 */
const SILENT = either(
  /^<(?!&|fieldseal).* as core(\[[0-9a-f]+\])?::fmt::Debug>::fmt(::h[0-9a-f]{16})?(\.\d+)?$/,
  /^<core(\[[0-9a-f]+\])?::fmt::builders::PadAdapter as .*>::write_str/,
  /^<core(\[[0-9a-f]+\])?::fmt::Formatter>::debug_\w+_finish/,
  /^<(der|const_oid)::.* as core::fmt::Display>::fmt/,
);

/** Returns what it is a method of. */
const FIELD = /^<core(\[[0-9a-f]+\])?::fmt::builders::DebugStruct>::field/;

/** What hands a panic's words on, and closures for JavaScript, of which the core gives none away: nobody calls them, but tables keep them. */
const UNCALLED = either(
  /^<std(\[[0-9a-f]+\])?::panicking::panic_handler::FormatStringPayload as .*>::(fmt|get|take_box)/,
  /^wasm_bindgen::convert::closures::_::invoke/,
);

/** A core without its panics' words. */
export function silencePanics(bytes) {
  const blanked = Buffer.from(bytes);
  for (const { data, start } of segments(blanked)) blankLocations(data, start);

  const module = binaryen.readBinary(blanked);
  const exported = new Set(exportedFunctions(module));
  let silenced = 0;
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const fn = module.getFunctionByIndex(i);
    const { name, results, body } = binaryen.getFunctionInfo(fn);
    if (results === binaryen.i32 && SILENT.test(name)) {
      // Done, without having written anything.
      binaryen.Function.setBody(fn, module.i32.const(0));
      continue;
    }
    if (results === binaryen.i32 && FIELD.test(name)) {
      binaryen.Function.setBody(fn, module.local.get(0, binaryen.i32));
      continue;
    }
    if (UNCALLED.test(name)) {
      if (exported.has(name))
        throw new Error(`JavaScript calls ${name}: adapt js/build/panics.mjs`);
      binaryen.Function.setBody(fn, module.unreachable());
      continue;
    }
    if (results !== binaryen.none || !PANICS.test(name)) continue;
    if (mayReturn(body))
      throw new Error(`${name} may return, so it is not a panic: adapt js/build/panics.mjs`);
    binaryen.Function.setBody(fn, module.unreachable());
    silenced += 1;
  }
  if (silenced < 15)
    throw new Error('the compiler names its functions otherwise: adapt js/build/panics.mjs');
  // Names: the optimizer sorts by them.
  binaryen.setDebugInfo(true);
  const silent = module.emitBinary();
  module.dispose();
  return silent;
}

/** The names, in the module, of the functions that it exports. */
function* exportedFunctions(module) {
  for (let i = 0; i < module.getNumExports(); i++) {
    const { kind, value } = binaryen.getExportInfo(module.getExportByIndex(i));
    if (kind === binaryen.ExternalFunction) yield value;
  }
}

/** Whether a function's body may end otherwise than by a trap: its end can be reached, or it has a `return`. */
function mayReturn(body) {
  return (
    body === 0 ||
    binaryen.getExpressionType(body) !== binaryen.unreachable ||
    /\(return/.test(binaryen.emitText(body))
  );
}

/** The active data segments, as views of the module's bytes, with the addresses they are loaded at. */
function* segments(bytes) {
  const reader = new WasmReader(bytes);
  while (!reader.atEnd) {
    const [id, size] = [reader.byte(), reader.number()];
    const end = reader.at + size;
    // The data section; its segments have the flags 0 (active), an `i32.const` and an `end`.
    for (let left = id === 11 ? reader.number() : 0; left > 0; left--) {
      if (reader.number() !== 0 || reader.byte() !== 0x41) throw another();
      const start = reader.number();
      if (reader.byte() !== 0x0b) throw another();
      yield { data: reader.take(reader.number()), start };
    }
    reader.at = end;
  }
}

const another = () => new Error('a data segment of another form');

/** Blanks each `core::panic::Location` (address and length of a file's name, line, column), and the name. */
function blankLocations(data, start) {
  const word = (at) => data.readUInt32LE(at);
  const names = [];
  for (let at = (4 - (start % 4)) % 4; at + 16 <= data.length; at += 4) {
    const [name, length, line, column] = [0, 4, 8, 12].map((n) => word(at + n));
    const from = name - start;
    if (
      from < 0 ||
      length < 4 ||
      length > 300 ||
      from + length > data.length ||
      line > 1e5 ||
      column > 1e4
    )
      continue;
    const text = data.toString('latin1', from, from + length);
    if (!/^[\w./+-]+\.rs\0?$/.test(text)) continue;
    names.push([from, from + length]);
    data.fill(0, at, at + 16);
    at += 12;
  }
  for (const [from, to] of names) data.fill(0, from, to);
}
