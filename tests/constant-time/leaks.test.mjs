// What leaks is seen, and what does not is not: functions of a secret (local 0) with one leak each, or none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import binaryen from '../../js/node_modules/binaryen/index.js';

import { instrument } from './instrument.mjs';

const LEAKS = {
  'a look-up in a table': '(i32.load8_u (local.get 0))',
  'a vector from a secret address': '(i32x4.extract_lane 0 (v128.load32_splat (local.get 0)))',
  'a lane from a secret address':
    '(i32x4.extract_lane 0 (v128.load8_lane 0 (local.get 0) (v128.const i32x4 0 0 0 0)))',
  'a store to a secret address': '(i32.store8 (local.get 0) (i32.const 1)) (i32.const 0)',
  'a branch':
    '(if (result i32) (i32.and (local.get 0) (i32.const 1)) (then (i32.const 1)) (else (i32.const 2)))',
  'a branch out': '(block $out (br_if $out (i32.and (local.get 0) (i32.const 1)))) (i32.const 0)',
  'a switch': '(block $a (block $b (br_table $a $b (local.get 0)))) (i32.const 0)',
  'a loop of secret length':
    '(loop $again (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $again (local.get 0))) (i32.const 0)',
  'a call through a table':
    '(call_indirect (type $none) (i32.and (local.get 0) (i32.const 1))) (i32.const 0)',
  'a copy of secret length':
    '(memory.copy (i32.const 0) (i32.const 64) (local.get 0)) (i32.const 0)',
  'a fill of secret length':
    '(memory.fill (i32.const 0) (i32.const 0) (local.get 0)) (i32.const 0)',
  'a division': '(i32.div_u (i32.const 1000) (local.get 0))',
  'a remainder': '(i32.wrap_i64 (i64.rem_u (i64.extend_i32_u (local.get 0)) (i64.const 7)))',
};
const NO_LEAKS = {
  'a sum': '(i32.mul (i32.add (local.get 0) (i32.const 3)) (local.get 0))',
  'a branch that all of them take':
    '(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))',
  'a choice': '(select (i32.const 1) (i32.const 2) (local.get 0))',
  'a secret at a fixed address': '(i32.store (i32.const 8) (local.get 0)) (i32.load (i32.const 8))',
  'a loop of fixed length':
    '(local $i i32) (loop $again (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.lt_u (local.get $i) (i32.const 9)))) (local.get 0)',
};

/** The traces that a function leaves for some secrets. */
function traces(body) {
  const module = binaryen.parseText(`(module
    (type $none (func)) (memory (export "memory") 1) (table 2 funcref) (elem (i32.const 0) $one $two)
    (func $one) (func $two) (func (export "leak") (param i32) (result i32) ${body}))`);
  module.setFeatures(binaryen.Features.All);
  const bytes = module.emitBinary();
  module.dispose();
  const compiled = new WebAssembly.Module(instrument(bytes).binary);
  const found = [1, 2, 5, 64].map((secret) => {
    const { exports } = new WebAssembly.Instance(compiled);
    exports.leak(secret);
    return `${exports.trace_hash.value} ${exports.trace_count.value}`;
  });
  return new Set(found).size;
}

for (const [name, body] of Object.entries(LEAKS)) {
  test(`seen: ${name}`, () => assert.ok(traces(body) > 1));
}
for (const [name, body] of Object.entries(NO_LEAKS)) {
  test(`no leak: ${name}`, () => assert.equal(traces(body), 1));
}
