// Makes a WebAssembly module record what an attacker with a clock or a cache could see of it: every address that it
// reads or writes, every condition it branches on, every function it calls through a table, the operands of divisions.
// The record is a hash and a count, in exported globals; what is not such an event (values, selects) is not in it.

import binaryen from '../../js/node_modules/binaryen/index.js';

const b = binaryen;

/** What the cores use of WebAssembly, as in js/build/assemble.mjs. */
const FEATURES = [
  'MutableGlobals',
  'NontrappingFPToInt',
  'SIMD128',
  'BulkMemory',
  'BulkMemoryOpt',
  'SignExt',
  'ReferenceTypes',
  'CallIndirectOverlong',
  'Multivalue',
].reduce((all, name) => all | b.Features[name], 0);

/** The parts of each kind of expression that are expressions themselves. What is not here stops the instrumentation. */
const PARTS = new Map([
  [b.NopId, []],
  [b.BlockId, ['children']],
  [b.IfId, ['condition', 'ifTrue', 'ifFalse']],
  [b.LoopId, ['body']],
  [b.BreakId, ['value', 'condition']],
  [b.SwitchId, ['value', 'condition']],
  [b.CallId, ['operands']],
  [b.CallIndirectId, ['operands', 'target']],
  [b.LocalGetId, []],
  [b.LocalSetId, ['value']],
  [b.GlobalGetId, []],
  [b.GlobalSetId, ['value']],
  [b.LoadId, ['ptr']],
  [b.StoreId, ['ptr', 'value']],
  [b.SIMDExtractId, ['vec']],
  [b.SIMDReplaceId, ['vec', 'value']],
  [b.SIMDShuffleId, ['left', 'right']],
  [b.SIMDTernaryId, ['a', 'b', 'c']],
  [b.SIMDShiftId, ['vec', 'shift']],
  [b.SIMDLoadId, ['ptr']],
  [b.SIMDLoadStoreLaneId, ['ptr', 'vec']],
  [b.MemoryCopyId, ['dest', 'source', 'size']],
  [b.MemoryFillId, ['dest', 'value', 'size']],
  [b.ConstId, []],
  [b.UnaryId, ['value']],
  [b.BinaryId, ['left', 'right']],
  [b.SelectId, ['ifTrue', 'ifFalse', 'condition']],
  [b.DropId, ['value']],
  [b.ReturnId, ['value']],
  [b.MemorySizeId, []],
  [b.MemoryGrowId, ['delta']],
  [b.UnreachableId, []],
  [b.RefNullId, []],
  [b.RefIsNullId, ['value']],
  [b.RefFuncId, []],
  [b.TableGetId, ['index']],
  [b.TableSetId, ['index', 'value']],
  [b.TableSizeId, []],
  [b.TableGrowId, ['value', 'delta']],
  [b.TupleMakeId, ['operands']],
  [b.TupleExtractId, ['tuple']],
]);

/** The parts that an attacker may see something of, and how to replace each. */
const VISIBLE = new Map([
  [b.IfId, { condition: b.If.setCondition }],
  [b.BreakId, { condition: b.Break.setCondition }],
  [b.SwitchId, { condition: b.Switch.setCondition }],
  [b.CallIndirectId, { target: b.CallIndirect.setTarget }],
  [b.LoadId, { ptr: b.Load.setPtr }],
  [b.StoreId, { ptr: b.Store.setPtr }],
  [b.SIMDLoadId, { ptr: b.SIMDLoad.setPtr }],
  [b.SIMDLoadStoreLaneId, { ptr: b.SIMDLoadStoreLane.setPtr }],
  [
    b.MemoryCopyId,
    { dest: b.MemoryCopy.setDest, source: b.MemoryCopy.setSource, size: b.MemoryCopy.setSize },
  ],
  [b.MemoryFillId, { dest: b.MemoryFill.setDest, size: b.MemoryFill.setSize }],
  [b.MemoryGrowId, { delta: b.MemoryGrow.setDelta }],
]);

/** What of the condition they look at is whether it is 0. */
const BRANCHES = new Set([b.IfId, b.BreakId]);

const DIVISIONS = new Set([
  ...[b.DivSInt32, b.DivUInt32, b.RemSInt32, b.RemUInt32],
  ...[b.DivSInt64, b.DivUInt64, b.RemSInt64, b.RemUInt64],
]);

/**
 * The module with its record. `sites` has the function and kind of each place that an event can come from.
 *
 * Globals: `trace_hash` and `trace_count`; the event number `trace_stop` leaves the hash before it in `trace_hash_there`
 * and its place in `trace_site`.
 */
export function instrument(bytes) {
  const module = b.readBinary(bytes);
  module.setFeatures(FEATURES);
  const sites = [];
  let name;

  const traced = (kind, value) => {
    sites.push(`${kind} in ${name}`);
    const site = module.i32.const(sites.length - 1);
    if (kind === 'branch') return module.call('trace_branch', [site, value], b.i32);
    if (b.getExpressionType(value) === b.i64) return module.call('trace_i64', [site, value], b.i64);
    return module.call('trace_i32', [site, value], b.i32);
  };
  const visit = (expression) => {
    if (!expression) return;
    const id = b.getExpressionId(expression);
    const parts = PARTS.get(id);
    if (!parts) throw new Error(`${name} has an expression of a kind that is not known: ${id}`);
    if (parts.length === 0) return;
    const info = b.getExpressionInfo(expression);
    for (const part of parts) [info[part]].flat().forEach(visit);
    for (const [part, replace] of Object.entries(VISIBLE.get(id) ?? {})) {
      if (info[part] && b.getExpressionType(info[part]) !== b.unreachable)
        replace(expression, traced(BRANCHES.has(id) ? 'branch' : part, info[part]));
    }
    if (id === b.BinaryId && DIVISIONS.has(info.op)) {
      b.Binary.setLeft(expression, traced('dividend', info.left));
      b.Binary.setRight(expression, traced('divisor', info.right));
    }
  };
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const info = b.getFunctionInfo(module.getFunctionByIndex(i));
    name = info.name;
    visit(info.body);
  }
  addRecord(module);
  if (!module.validate()) throw new Error('the instrumented module is not valid');
  const binary = module.emitBinary();
  module.dispose();
  return { binary, sites };
}

function addRecord(module) {
  const long = (n) => module.i64.const(n);
  const { i32, i64 } = module;
  module.addGlobal('trace_hash', b.i64, true, long(0n));
  module.addGlobal('trace_count', b.i32, true, i32.const(0));
  module.addGlobal('trace_stop', b.i32, true, i32.const(-1));
  module.addGlobal('trace_hash_there', b.i64, true, long(0n));
  module.addGlobal('trace_site', b.i32, true, i32.const(-1));
  for (const name of [
    'trace_hash',
    'trace_count',
    'trace_stop',
    'trace_hash_there',
    'trace_site',
  ]) {
    module.addGlobalExport(name, name);
  }
  const hash = () => module.global.get('trace_hash', b.i64);
  const count = () => module.global.get('trace_count', b.i32);
  const mixed = (value) =>
    module.global.set(
      'trace_hash',
      // An odd number, so that nothing is lost.
      i64.mul(i64.xor(i64.rotl(hash(), long(23)), value), long(0x517c_c1b7_2722_0a95n)),
    );
  const site = () => module.local.get(0, b.i32);
  const is = i64.extend_u(i32.ne(module.local.get(1, b.i32), i32.const(0)));
  for (const [name, type, value] of [
    ['trace_branch', b.i32, is],
    ['trace_i32', b.i32, i64.extend_u(module.local.get(1, b.i32))],
    ['trace_i64', b.i64, module.local.get(1, b.i64)],
  ]) {
    const body = module.block(
      null,
      [
        module.if(
          i32.eq(count(), module.global.get('trace_stop', b.i32)),
          module.block(null, [
            module.global.set('trace_hash_there', hash()),
            module.global.set('trace_site', site()),
          ]),
        ),
        module.global.set('trace_count', i32.add(count(), i32.const(1))),
        mixed(i64.extend_u(site())),
        mixed(value),
        module.local.get(1, type),
      ],
      type,
    );
    module.addFunction(name, b.createType([b.i32, type]), type, [], body);
  }
}
