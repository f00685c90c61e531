// Whatever bytes come in, the package refuses them with an error that has a code, and goes on
// working: 10,000 malformed items through one instance of the core, then traps that are forced on
// it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';

import * as fieldseal from '../../pkg/entrypoints/index.js';
// Internal: the instance of the core, to tell one from the next.
import { core } from '../../pkg/core/core.js';
import { INSIDER_CONFIG, insiderItems } from '../interop/insider.mjs';
import { Random } from '../interop/random.mjs';
import { parseHeader, sealAnything, writeHeader } from '../support/dbesdk.mjs';
import { seed } from '../support/seed.mjs';
import { canonical } from '../support/vectors.mjs';

const { FieldsealError, ItemEncryptor, rawAesKeyring, multiKeyring, inspect } = fieldseal;

const ITEMS = 10_000;
const wrappingKey = Buffer.alloc(32, 7);
const aes = (keyName) => rawAesKeyring({ keyNamespace: 'ns', keyName, wrappingKey });
const CONTEXT = 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT';

function encryptor(key, algorithmSuite, keyring = aes('key'), more = {}) {
  const attributeActions = {
    pk: key,
    e: 'ENCRYPT_AND_SIGN',
    m: 'ENCRYPT_AND_SIGN',
    s: key,
    ...more,
  };
  return new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'pk',
    attributeActions,
    algorithmSuite,
    keyring,
  });
}

const ITEM = {
  pk: { S: 'partition' },
  e: { S: 'a secret text' },
  m: { M: { list: { L: [{ N: '1.5' }, { NULL: true }] }, set: { SS: ['a', 'b'] } } },
  s: { NS: ['1', '2'] },
};

const ENCRYPTORS = {
  'version 1, 67 00': encryptor('SIGN_ONLY', '6700'),
  'version 1, 67 01': encryptor('SIGN_ONLY', '6701'),
  'version 2, 67 01': encryptor(CONTEXT, '6701'),
  'three data keys': encryptor(
    'SIGN_ONLY',
    '6700',
    multiKeyring({ generator: aes('key'), children: [aes('two'), aes('three')] }),
  ),
};

const own = (item) => structuredClone(item);

/** Bytes changed without regard to their meaning; never the same bytes as before. */
const BYTE_CHANGES = [
  (r, b) => {
    const copy = Buffer.from(b);
    if (copy.length > 0) copy[r.int(0, copy.length - 1)] ^= r.int(1, 255);
    return copy;
  },
  (r, b) => b.subarray(0, r.int(0, Math.max(0, b.length - 1))),
  (r, b) => Buffer.concat([b, r.bytes(r.int(1, 100))]),
  (r, b) => r.bytes(b.length),
  (r) => r.bytes(r.int(0, 600)),
  () => Buffer.alloc(0),
  (r, b) => Buffer.alloc(b.length, r.pick([0x00, 0xff, 0x7f])),
  (r, b) => {
    // A run of bytes from somewhere else.
    const copy = Buffer.from(b);
    const [to, from] = [r.int(0, b.length), r.int(0, b.length)];
    copy.set(b.subarray(from, from + r.int(1, 32)).subarray(0, b.length - to), to);
    return copy;
  },
  (r, b) => {
    // Lengths and counts that lie.
    const copy = Buffer.from(b);
    if (copy.length > 4)
      copy.writeUInt32BE(r.pick([0xffffffff, 0x7fffffff, 0x00010000]), r.int(0, copy.length - 4));
    return copy;
  },
  (r, b) =>
    Buffer.concat([b.subarray(0, 34), Buffer.from([r.int(0, 255), r.int(0, 255)]), b.subarray(36)]),
];

/** A header that is well-formed but for one thing. */
const HEADER_CHANGES = [
  (r, h) => ({ ...h, version: r.pick([0, 3, 255, h.version === 1 ? 2 : 1]) }),
  (r, h) => ({ ...h, flavor: h.flavor === 0 ? r.int(1, 255) : r.pick([0, 2, 255]) }),
  (r, h) => ({ ...h, messageId: Buffer.from(r.bytes(32)) }),
  (r, h) => ({ ...h, legend: Buffer.from(r.bytes(r.int(0, 8))) }),
  (r, h) => ({ ...h, legend: Buffer.alloc(65535, 'e') }),
  (r, h) => ({ ...h, legend: h.legend.map((byte) => (byte === 0x65 ? 0x73 : 0x65)) }),
  (r, h) => ({ ...h, context: [], flavor: 1 }),
  (r, h) => ({
    ...h,
    context: [
      ...h.context,
      [Buffer.from('b'), Buffer.from('1')],
      [Buffer.from('a'), Buffer.from('1')],
    ],
  }),
  (r, h) => ({
    ...h,
    context: [...h.context, ...Array(2).fill([Buffer.from('zz'), Buffer.from('1')])],
  }),
  (r, h) => ({ ...h, context: [[Buffer.from(r.bytes(5)), Buffer.from([0xff])]] }),
  (r, h) => ({
    ...h,
    context: Array.from({ length: 3000 }, (_, i) => [
      Buffer.from(String(i).padStart(4, '0')),
      Buffer.alloc(0),
    ]),
  }),
  (r, h) => ({ ...h, context: [[Buffer.from('aws-crypto-public-key'), Buffer.from('not a key')]] }),
  (r, h) => ({ ...h, context: [[Buffer.from('aws-crypto-table-name'), Buffer.from('other')]] }),
  (r, h) => ({ ...h, dataKeys: [] }),
  (r, h) => ({
    ...h,
    dataKeys: Array(255).fill({ ...h.dataKeys[0], ciphertext: Buffer.from(r.bytes(108)) }),
  }),
  (r, h) => ({ ...h, dataKeys: [{ ...h.dataKeys[0], providerId: Buffer.from([0xff, 0xfe]) }] }),
  (r, h) => ({
    ...h,
    dataKeys: [{ ...h.dataKeys[0], providerInfo: Buffer.from(r.bytes(r.int(0, 40))) }],
  }),
  (r, h) => ({
    ...h,
    dataKeys: [{ ...h.dataKeys[0], ciphertext: Buffer.from(r.bytes(r.int(0, 60))) }],
  }),
  (r, h) => ({ ...h, dataKeys: [{ ...h.dataKeys[0], ciphertext: Buffer.alloc(65535) }] }),
  (r, h) => ({ ...h, commitment: Buffer.from(r.bytes(32)) }),
];

/** Items that are not of the form that DynamoDB's JSON has, or too deep, or of the wrong types. */
function nested(levels) {
  let value = { S: 'x' };
  for (let i = 1; i < levels; i++) value = { L: [value] };
  return value;
}

const ITEM_CHANGES = [
  (r, item) =>
    void (item.aws_dbe_head = r.pick([{ S: 'x' }, { BS: [item.aws_dbe_head.B] }, { NULL: true }])),
  (r, item) =>
    void (item.aws_dbe_foot = r.pick([{ N: '1' }, { L: [item.aws_dbe_foot] }, nested(60)])),
  (r, item) => void delete item[r.pick(Object.keys(item))],
  (r, item) =>
    void (item.e = r.pick([
      nested(33),
      nested(99),
      nested(5000),
      { N: '1'.repeat(39) },
      { N: 'e' },
      { S: 1 },
      {},
      null,
      { X: 1 },
    ])),
  (r, item) =>
    void (item.s = r.pick([
      { NS: ['1', '1'] },
      { NS: ['x'] },
      { M: { '': { S: 'x' } } },
      { SS: ['\ud800'] },
      { B: 'AA==' },
    ])),
  (r, item) => void (item[r.pick(['x', '', '__proto__x', 'n'.repeat(70_000)])] = { S: 'x' }),
];

/**
 * Values that only somebody with the key can put in: random bytes where a serialized value
 * belongs.
 */
function insider(r) {
  const { namespace, name } = INSIDER_CONFIG.keyring;
  const config = {
    table: 't',
    namespace,
    name,
    wrappingKey,
    partitionKey: 'pk',
    partitionValue: 'x',
  };
  const type = Buffer.from(r.pick(['0000', '0101', '0102', '01ff', '0200', '0300', '0777']), 'hex');
  // An odd first byte of the count makes it far larger than what follows.
  const value = Buffer.concat([Buffer.from([r.int(1, 255)]), Buffer.from(r.bytes(r.int(0, 60)))]);
  const item = sealAnything(config, { e: { type, value } });
  return Object.fromEntries(
    Object.entries(item).map(([key, v]) => [key, v.B ? { B: new Uint8Array(v.B) } : v]),
  );
}

const readsInsiders = new ItemEncryptor({
  logicalTableName: 't',
  partitionKeyName: 'pk',
  attributeActions: { pk: 'SIGN_ONLY', e: 'ENCRYPT_AND_SIGN' },
  keyring: aes('key'),
});

async function refused(run, about) {
  let result;
  try {
    result = await run();
  } catch (error) {
    assert.ok(error instanceof FieldsealError, `${about}: ${error?.stack ?? error}`);
    assert.ok(!['INTERNAL', 'MALFORMED_HOST_INPUT'].includes(error.code), `${about}: ${error}`);
    return error.code;
  }
  throw new Error(`${about}: accepted ${canonical(result.item ?? result)}`);
}

async function worksStill(about) {
  for (const [name, one] of Object.entries(ENCRYPTORS)) {
    const { item } = await one.encryptItem(ITEM);
    const opened = await one.decryptItem(item);
    assert.equal(canonical(opened.item), canonical(ITEM), `${about}: ${name}`);
  }
}

test(`${ITEMS} malformed items are refused by one instance, which works on`, async (t) => {
  const r = new Random(seed(t, 'hostile'));
  await worksStill('before');
  const instance = core();
  const sealed = [];
  // Verifying signatures takes most of the time, so that most items are of the suite without.
  const unsigned = () => sealed.filter(({ item }) => item.aws_dbe_foot.B.length % 48 === 0);
  for (const [name, one] of Object.entries(ENCRYPTORS)) {
    const { item } = await one.encryptItem(ITEM);
    const header = parseHeader(item.aws_dbe_head.B);
    // The independent reader of headers reads what the core writes.
    assert.deepEqual(writeHeader(header), Buffer.from(item.aws_dbe_head.B), name);
    sealed.push({ name, one, item, header });
  }
  const codes = new Map();
  let biggest = 0;
  let early = 0;
  let count = 0;
  while (count < ITEMS) {
    const { name, one, item, header } = r.pick(r.chance(75) ? unsigned() : sealed);
    const bad = own(item);
    let reader = one;
    const kind = r.pick(['bytes', 'bytes', 'bytes', 'header', 'header', 'item', 'insider']);
    if (kind === 'bytes') {
      const attribute = r.pick(['aws_dbe_head', 'aws_dbe_foot', 'e', 'm']);
      // With several recipients the tags of the others may be damaged: that is not malformed for
      // us.
      if (attribute === 'aws_dbe_foot' && header.dataKeys.length > 1) continue;
      const before = Buffer.from(bad[attribute].B);
      const bytes = r.pick(BYTE_CHANGES)(r, before);
      if (before.equals(bytes)) continue;
      bad[attribute] = { B: new Uint8Array(bytes) };
    } else if (kind === 'header') {
      bad.aws_dbe_head = {
        B: new Uint8Array(writeHeader({ ...r.pick(HEADER_CHANGES)(r, header) })),
      };
    } else if (kind === 'item') {
      r.pick(ITEM_CHANGES)(r, bad);
    } else {
      Object.keys(bad).forEach((key) => delete bad[key]);
      Object.assign(bad, insider(r));
      reader = readsInsiders;
    }
    const about = `item ${count} (${kind}, ${name})`;
    const code = await refused(() => reader.decryptItem(bad), about);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    count++;
    // In a batch the good items around it do not help it, and their results are not given.
    if (count % 100 === 0) await refused(() => one.decryptItems([item, bad, item]), about);
    if (count % 100 === 50) {
      try {
        inspect(bad);
      } catch (error) {
        assert.ok(
          error instanceof FieldsealError && error.code !== 'INTERNAL',
          `${about}: ${error}`,
        );
      }
    }
    biggest = Math.max(biggest, instance.memory.length);
    if (count === 2000) early = biggest;
  }
  console.log([...codes].map(([code, n]) => `${code} ${n}`).join(', '));
  assert.ok(codes.size >= 10, 'the items fail in many ways');
  assert.equal(core(), instance, 'one and the same instance');
  // A few pages for fragments of the heap, but nothing that 8,000 more items would have filled.
  assert.ok(biggest <= early + 4 * 65_536, `memory grew from ${early} to ${biggest} bytes`);
  await worksStill('after');
  assert.equal(core(), instance);
});

test('what an insider seals is refused where it must be', async () => {
  const instance = core();
  for (const { name, ok, item: json } of insiderItems()) {
    const item = fieldseal.fromDynamoJson(JSON.stringify(json));
    const open = () => readsInsiders.decryptItem(item);
    if (ok) await open();
    else await refused(open, name);
  }
  assert.equal(core(), instance);
});

test('malformed input to sealing is refused too', async (t) => {
  const instance = core();
  const r = new Random(`${seed(t, 'hostile')}/seal`);
  const one = ENCRYPTORS['version 1, 67 00'];
  const bad = [
    { S: 1 },
    { N: 1 },
    { N: '' },
    { N: '1e999' },
    { B: 'AA==' },
    { B: null },
    { SS: 'a' },
    { SS: [1] },
    { SS: ['a', 'a'] },
    { NS: ['1', '1.0'] },
    { BS: [[1]] },
    { M: [] },
    { M: { '': { S: 'x' } } },
    { M: null },
    { L: {} },
    { L: [undefined] },
    { L: [{}] },
    { BOOL: 'true' },
    { NULL: 1 },
    {},
    null,
    undefined,
    'x',
    7,
    [],
    { S: 'x', N: '1' },
    { X: 'x' },
    { S: '\ud800' },
    { M: { '\udc00': { S: 'x' } } },
    nested(33),
    nested(100_000),
    { $unknown: ['X', 1] },
  ];
  for (const value of bad) {
    for (const name of ['e', 's']) {
      const about = `${name}: ${Object.keys(value ?? {})} of case ${bad.indexOf(value)}`;
      await refused(() => one.encryptItem({ ...ITEM, [name]: value }), about);
    }
  }
  const cycle = { L: [] };
  cycle.L.push(cycle);
  await refused(() => one.encryptItem({ ...ITEM, e: cycle }), 'a cycle');
  for (const item of [null, undefined, 7, 'x', [], new Map(), new Date()]) {
    await refused(() => one.encryptItem(item), `item ${item}`);
  }
  for (let i = 0; i < 500; i++) {
    const N = r.times(r.int(0, 12), () => r.pick([...'0123456789+-.eE x'])).join('');
    try {
      await one.encryptItem({ ...ITEM, e: { N } });
    } catch (error) {
      assert.equal(error.code, 'MALFORMED_NUMBER', N);
    }
  }
  assert.equal(core(), instance);
  await worksStill('after');
});

test('texts with a lone surrogate are refused in configurations', () => {
  const lone = 'x\ud800';
  const options = {
    logicalTableName: 't',
    partitionKeyName: 'pk',
    attributeActions: { pk: 'SIGN_ONLY' },
    keyring: aes('key'),
  };
  const refusedOptions = [
    { logicalTableName: lone },
    { partitionKeyName: lone },
    { sortKeyName: lone },
    { attributeActions: { pk: 'SIGN_ONLY', [lone]: 'SIGN_ONLY' } },
    { allowedUnsignedAttributes: [lone] },
    { allowedUnsignedAttributePrefix: lone },
  ];
  for (const change of refusedOptions) {
    const make = () => new ItemEncryptor({ ...options, ...change });
    assert.throws(make, { code: 'INVALID_ARGUMENT' }, Object.keys(change)[0]);
  }
  assert.throws(() => aes(lone), { code: 'INVALID_ARGUMENT' });
  assert.ok(new ItemEncryptor({ ...options, allowedUnsignedAttributePrefix: '\u{1f600}' }));
});

/**
 * Forces traps. The second stands for any that WebAssembly knows; its instruction is not the
 * core's own.
 */
const TRAPS = {
  // More memory than WebAssembly has: the core's allocator aborts.
  'memory exhausted': () => core().reserveInput(0xffff_fff0, Infinity),
  'an unreachable instruction': () =>
    core().make(() => {
      new WebAssembly.Instance(
        // (module (func (export "f") unreachable))
        new WebAssembly.Module(
          Uint8Array.of(
            0,
            97,
            115,
            109,
            1,
            0,
            0,
            0,
            1,
            4,
            1,
            96,
            0,
            0,
            3,
            2,
            1,
            0,
            7,
            5,
            1,
            1,
            102,
            0,
            0,
            10,
            5,
            1,
            3,
            0,
            0,
            11,
          ),
        ),
      ).exports.f();
      return 0;
    }),
};

for (const [name, trap] of Object.entries(TRAPS)) {
  test(`a trap (${name}) ends the instance and not the package`, async () => {
    await worksStill('before');
    const instance = core();
    const { item } = await ENCRYPTORS['version 2, 67 01'].encryptItem(ITEM);
    assert.throws(trap, { code: 'INTERNAL' });
    assert.notEqual(core(), instance, 'a new instance');
    // Objects made before the trap work on: keyrings, multi-keyrings, encryptors.
    await worksStill('after');
    const opened = await ENCRYPTORS['version 2, 67 01'].decryptItem(item);
    assert.equal(canonical(opened.item), canonical(ITEM));
  });
}

test('a trap rejects what waits for the host, and nothing waits for ever', async () => {
  const dataKey = createHash('sha256').update('x').digest();
  let answer;
  const asked = new Promise((resolve) => {
    answer = resolve;
  });
  let respond;
  const response = new Promise((resolve) => {
    respond = resolve;
  });
  const kms = new fieldseal.KmsClient({
    endpoint: 'http://127.0.0.1:9',
    fetch: async () => {
      answer();
      return response;
    },
  });
  const instance = core();
  const pending = kms.decrypt({ ciphertextBlob: dataKey, keyId: 'key' });
  const outcome = assert.rejects(pending, { code: 'INTERNAL' });
  await asked;
  assert.throws(TRAPS['memory exhausted'], { code: 'INTERNAL' });
  await outcome;
  // An answer that comes after the end of its instance goes nowhere.
  respond(new Response('{}', { status: 200 }));
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.notEqual(core(), instance);
  await worksStill('after');
});

test('what throws while the core reads an answer ends the instance, and nothing waits for ever', async () => {
  const instance = core();
  const config = { endpoint: 'http://127.0.0.1:9', stores: true };
  const answer = new Proxy({}, { getOwnPropertyDescriptor: () => assert.fail('secret') });
  const host = { loadPublicKey: async () => answer };
  const client = instance.make((glue) => glue.make_kms(config, instance.weakly(host)));
  const request = { keyId: 'key' };
  const start = (glue) => glue.kms_call(client, 'GetPublicKey', request);
  const [call, other] = [1, 2].map(() => instance.run([], start, assert.fail));
  for (const one of [call, other]) {
    await assert.rejects(one, (error) => error.code === 'INTERNAL' && !/secret/.test(error));
  }
  assert.equal(instance.alive, false);
  await worksStill('after');
});

test('a trap right after the start is told by the call alone, once', async (t) => {
  const unhandled = t.mock.fn();
  process.on('unhandledRejection', unhandled);
  const kms = new fieldseal.KmsClient({
    endpoint: 'http://localhost:1',
    fetch: () => new Promise(() => {}),
  });
  core().read((glue) => {
    const { take_requests } = glue;
    glue.take_requests = () => {
      glue.take_requests = take_requests;
      throw new WebAssembly.RuntimeError('unreachable');
    };
  });
  await assert.rejects(kms.listKeys(), { code: 'INTERNAL' });
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off('unhandledRejection', unhandled);
  assert.equal(unhandled.mock.callCount(), 0);
});

test('the host runs out of stack within the core, and the package works on', async () => {
  const made = { keyrings: 0, ended: 0, outside: 0 };
  const replaced = new Set([core()]);
  // To the bottom of the stack, and at each of the last levels into the core.
  const dive = () => {
    let above;
    try {
      above = dive();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      above = 0;
    }
    if (above >= 400) return above;
    try {
      aes('key');
      made.keyrings++;
    } catch (error) {
      if (error?.code === 'INTERNAL') made.ended++;
      // Before the core was entered; some engines fail to compile a regular expression there.
      else if (error instanceof RangeError || error instanceof SyntaxError) made.outside++;
      else throw error;
    }
    return above + 1;
  };
  dive();
  replaced.add(core());
  console.log(
    `${made.keyrings} made, ${made.ended} instances ended, ${made.outside} never entered`,
  );
  assert.equal(replaced.size > 1, made.ended > 0);
  assert.ok(made.keyrings > 0 && made.ended + made.outside > 0, 'both sides of the edge were met');
  await worksStill('after');
});

after(() => worksStill('at the end'));
