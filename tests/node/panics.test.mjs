// The build replaces the functions that panic by traps (js/build/panics.mjs): only what never returns.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { silencePanics } from '../../js/build/panics.mjs';

/** A function that calls the host, then ends as `end` says. */
const panic = (name, end) =>
  `(func $${name} (param i32) (call $say (local.get 0)) ${end}) (export "${name}" (func $${name}))`;

/** A function that nobody calls but through a table, which another one calls. */
const inTable = (name) => `(table funcref (elem $called $${name}))
  (func $called (param i32) (call $say (local.get 0)))
  (func $${name} (param i32) (call $say (i32.add (local.get 0) (local.get 0))))
  (func (export "call") (param i32) (call_indirect (param i32) (local.get 0) (local.get 0)))`;

/** A module with as many functions that panic as a core has at least, and more. */
async function moduleWith(more) {
  const { default: binaryen } = await import('../../js/node_modules/binaryen/index.js');
  const others = Array.from({ length: 20 }, (_, i) =>
    panic(`core::panicking::f${i}`, 'unreachable'),
  );
  const text = `(module (import "host" "say" (func $say (param i32))) ${others.join(' ')} ${more})`;
  const module = binaryen.parseText(text);
  binaryen.setDebugInfo(true);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

async function silenced(name, end) {
  const said = [];
  const module = new WebAssembly.Module(silencePanics(await moduleWith(panic(name, end))));
  const host = { say: (n) => said.push(n) };
  const call = new WebAssembly.Instance(module, { host }).exports[name];
  try {
    call(7);
  } catch (e) {
    assert.ok(e instanceof WebAssembly.RuntimeError);
    return { trapped: true, said };
  }
  return { trapped: false, said };
}

test('what only panics traps at once', async () => {
  for (const name of ['core::panicking::panic_fmt', 'alloc::raw_vec::handle_error']) {
    assert.deepEqual(await silenced(name, 'unreachable'), { trapped: true, said: [] }, name);
  }
  const end = '(if (local.get 0) (then unreachable) (else unreachable))';
  assert.deepEqual(await silenced('core::str::slice_error_fail', end), { trapped: true, said: [] });
});

test('what has another name stays as it is', async () => {
  for (const name of ['fieldseal::seal', 'core::panicking::panic_count::increase', 'alloc::fail']) {
    assert.deepEqual(await silenced(name, ''), { trapped: false, said: [7] }, name);
  }
});

test('what has the name of a panic and may return stops the build by its name', async () => {
  const ends = [
    '',
    'nop',
    '(return)',
    '(if (local.get 0) (then (return))) unreachable',
    '(block $out (br_if $out (local.get 0)) unreachable)',
    '(if (local.get 0) (then unreachable))',
    '(loop $again (br_if $again (local.get 0)))',
  ];
  for (const name of ['core::panicking::panic_fmt', 'alloc::raw_vec::handle_error']) {
    for (const end of ends) {
      await assert.rejects(silenced(name, end), new RegExp(`^Error: ${name} may return`), end);
    }
  }
});

test('what only tables keep traps, and what JavaScript calls stops the build', async () => {
  const uncalled = [
    'wasm_bindgen::convert::closures::_::invoke::h0123456789abcdef',
    '<std[0123456789abcdef]::panicking::panic_handler::FormatStringPayload as core::panic::PanicPayload>::take_box',
  ];
  for (const name of uncalled) {
    const quoted = JSON.stringify(name);
    const module = new WebAssembly.Module(silencePanics(await moduleWith(inTable(quoted))));
    const said = [];
    const { call } = new WebAssembly.Instance(module, { host: { say: (n) => said.push(n) } })
      .exports;
    call(0);
    assert.throws(() => call(1), WebAssembly.RuntimeError, name);
    assert.deepEqual(said, [0]);
    const exported = await moduleWith(`${inTable(quoted)} (export "f" (func $${quoted}))`);
    assert.throws(() => silencePanics(exported), /^Error: JavaScript calls /);
  }
});

test('what Debug is made of writes nothing, and returns', async () => {
  const silent = [
    ['<p384::Point as core[0123456789abcdef]::fmt::Debug>::fmt', 0],
    ['<core[0123456789abcdef]::fmt::Formatter>::debug_tuple_field1_finish', 0],
    ['<core::fmt::builders::PadAdapter as core::fmt::Write>::write_str', 0],
    ['<der::tag::Tag as core::fmt::Display>::fmt', 0],
    ['<core::fmt::builders::DebugStruct>::field', 7],
    ['<fieldseal::error::Error as core::fmt::Debug>::fmt', 1],
    ['<&u8 as core::fmt::Debug>::fmt', 1],
  ];
  for (const [name, result] of silent) {
    const said = [];
    const fails = `(func $${JSON.stringify(name)} (export "f") (param i32 i32) (result i32)
      (call $say (local.get 1)) (i32.const 1))`;
    const module = new WebAssembly.Module(silencePanics(await moduleWith(fails)));
    const { f } = new WebAssembly.Instance(module, { host: { say: (n) => said.push(n) } }).exports;
    assert.equal(f(7, 8), result, name);
    assert.deepEqual(said, result === 1 ? [8] : [], name);
  }
});

test('no message of the core is made by Debug, which says nothing there', () => {
  // Clippy's use_debug looks at what is printed and written, not at `format!`.
  const root = new URL('../../src/', import.meta.url);
  const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.rs'));
  assert.ok(files.length > 100);
  const found = [];
  for (const name of files.filter((name) => !/(^|\/)tests(\/|\.rs$)/.test(name))) {
    const [code] = readFileSync(new URL(name, root), 'utf8').split('#[cfg(test)]\nmod tests {');
    // Examples in comments are of another program.
    if (/:#?\?\}/.test(code.replaceAll(/^\s*\/\/[/!].*$/gm, ''))) found.push(name);
  }
  assert.deepEqual(found, []);
});
