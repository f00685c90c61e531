// Single questions about limits and corner cases, each put to both libraries: sealing, then opening each
// other's result. The answers were found so and are decided by the specification; a change of either
// library shows here.

const AES = { type: 'raw-aes', namespace: 'ns', name: 'key', key: '00'.repeat(32) };
const CONTEXT = 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT';
const ACTIONS = { pk: 'SIGN_ONLY', e: 'ENCRYPT_AND_SIGN', s: 'SIGN_ONLY' };

function config(changes = {}, actions = {}) {
  const base = { table: 't', partition_key: 'pk', suite: '0x6700', keyring: AES };
  return { ...base, actions: { ...ACTIONS, ...actions }, ...changes };
}

const unsigned = config({ unsigned_prefix: ':' });
const forced = config({ plaintext_override: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' });
const named = (name, action) => ({ ...config({}, { [name]: action }) });
const keyNamed = (name) => config({ partition_key: name, actions: { [name]: 'SIGN_ONLY' } });
const keyring = (changes) => config({ keyring: { ...AES, ...changes } });
const multi = (generator, children) => config({ keyring: { type: 'multi', generator, children } });

/** A value of so many levels, the value itself counted. */
function levels(n, leaf = { S: 'x' }) {
  let value = leaf;
  for (let i = 1; i < n; i++) value = i % 2 ? { L: [value] } : { M: { k: value } };
  return value;
}

/** `verdict`: what both say. `ours`, `theirs`: where they differ, with the reason in `why`. */
const LAXER = { ours: 'ok', theirs: 'error' };
const STRICTER = { ours: 'error', theirs: 'ok' };

function question(name, verdict, config, item) {
  const expected = typeof verdict === 'string' ? { ours: verdict, theirs: verdict } : verdict;
  return { name, ...expected, config, item: { pk: { S: 'x' }, ...item } };
}

const pair = (character) => '\u{10002}'.repeat(character);

export const QUESTIONS = [
  // Nesting: the attribute itself is level 1, 32 levels are allowed, whatever is in the innermost one.
  ...['e', 's'].flatMap((name) =>
    [31, 32, 33, 34].map((n) =>
      question(`${n} levels in ${name}`, n <= 32 ? 'ok' : 'error', config(), { [name]: levels(n) }),
    ),
  ),
  ...[32, 33].map((n) => question(`${n} levels, an empty list`, n <= 32 ? 'ok' : 'error', config(), { e: levels(n, { L: [] }) })),
  ...[32, 33].map((n) => question(`${n} levels, a set`, n <= 32 ? 'ok' : 'error', config(), { e: levels(n, { SS: ['a'] }) })),

  // Attributes that are not signed, and those that are dropped, must be well-formed all the same.
  question('unsigned: 32 levels', 'ok', unsigned, { ':x': levels(32) }),
  question('unsigned: 33 levels', 'error', unsigned, { ':x': levels(33) }),
  question('unsigned: an empty map key', 'error', unsigned, { ':x': { M: { '': { S: 'a' } } } }),
  question('unsigned: no number', 'error', unsigned, { ':x': { N: 'abc' } }),
  question('unsigned: no number, nested', 'error', unsigned, { ':x': { L: [{ N: '' }] } }),
  question('unsigned: a member twice', 'error', unsigned, { ':x': { SS: ['a', 'a'] } }),
  question('unsigned: a number twice', 'error', unsigned, { ':x': { NS: ['1', '1.0'] } }),
  question('unsigned: a number in another form', 'ok', unsigned, { ':x': { N: '007.0' } }),
  // With DO_NOTHING as its own action nothing is asked of a value.
  ...Object.entries({ 'no number': { N: 'abc' }, 'an empty map key': { M: { '': { S: 'a' } } }, '33 levels': levels(33), 'a member twice': { SS: ['a', 'a'] } }).map(([name, u]) =>
    question(`DO_NOTHING: ${name}`, 'ok', config({ unsigned_attributes: ['u'] }, { u: 'DO_NOTHING' }), { u })),
  // Our core takes nothing deeper in; DynamoDB stores 32 levels at most.
  question('DO_NOTHING: 34 levels', STRICTER, config({ unsigned_attributes: ['u'] }, { u: 'DO_NOTHING' }), { u: levels(34) }),
  question('forced plaintext, 34 levels', STRICTER, forced, { x: levels(34) }),
  question('dropped: no number', 'error', config(), { aws_dbe_x: { N: 'abc' } }),
  question('dropped: anything well-formed', 'ok', config(), { aws_dbe_x: { N: '1' } }),

  // Names that need no action: in the list, or with the prefix.
  question('in the unsigned list, without action', 'ok', config({ unsigned_attributes: ['u'] }), { u: { S: 'x' } }),
  question('with the unsigned prefix, without action', 'ok', unsigned, { ':u': { S: 'x' } }),
  question('twice in the unsigned list', 'ok', config({ unsigned_attributes: ['u', 'u'] }, { u: 'DO_NOTHING' }), { u: { S: 'x' } }),
  question('the partition key in the unsigned list', 'error', config({ unsigned_attributes: ['pk'] }), {}),
  question('the partition key with the unsigned prefix', 'error', config({ unsigned_prefix: 'p' }), {}),
  question('an empty unsigned prefix', 'error', config({ unsigned_prefix: '' }), {}),
  // The interface of the official library wants one member at least; an empty list says the same as none.
  question('an empty unsigned list', LAXER, config({ unsigned_attributes: [] }), {}),
  question('unsigned prefix aws_dbe_', 'ok', config({ unsigned_prefix: 'aws_dbe_' }), { aws_dbe_x: { S: 'x' } }),
  question('an aws-crypto- name with the unsigned prefix', 'ok', config({ unsigned_prefix: 'aws' }), { 'aws-crypto-x': { S: 'x' } }),

  // Lengths of names count UTF-16 code units.
  question('an empty name', 'ok', named('', 'ENCRYPT_AND_SIGN'), { '': { S: 'x' } }),
  question('an empty name in the encryption context', 'error', config({}, { pk: CONTEXT, '': CONTEXT }), { '': { S: 'x' } }),
  question('a name of 65,535', 'ok', named('a'.repeat(65535), 'ENCRYPT_AND_SIGN'), { ['a'.repeat(65535)]: { S: 'x' } }),
  question('a name of 65,536', 'error', named('a'.repeat(65536), 'ENCRYPT_AND_SIGN'), { ['a'.repeat(65536)]: { S: 'x' } }),
  question('a name of 65,535 in 131,070 bytes', 'ok', named('\u00e9'.repeat(65535), 'SIGN_ONLY'), { ['\u00e9'.repeat(65535)]: { S: 'x' } }),
  question('a name of 32,767 pairs', 'ok', named(pair(32767), 'SIGN_ONLY'), { [pair(32767)]: { S: 'x' } }),
  question('a name of 32,768 pairs', 'error', named(pair(32768), 'SIGN_ONLY'), { [pair(32768)]: { S: 'x' } }),
  question('a name of 65,536, unsigned', 'error', unsigned, { [':'.repeat(65536)]: { S: 'x' } }),
  question('an action for a name of 65,536', 'error', named('a'.repeat(65536), 'SIGN_ONLY'), {}),
  question('an unsigned list with a name of 65,536', 'error', config({ unsigned_attributes: ['a'.repeat(65536)] }), {}),
  question('an unsigned prefix of 65,536', 'ok', config({ unsigned_prefix: 'a'.repeat(65536) }), {}),
  question('a context name of 65,519', 'ok', config({}, { pk: CONTEXT, ['a'.repeat(65519)]: CONTEXT }), { ['a'.repeat(65519)]: { S: 'x' } }),
  question('a context name of 65,520', 'error', config({}, { pk: CONTEXT, ['a'.repeat(65520)]: CONTEXT }), { ['a'.repeat(65520)]: { S: 'x' } }),
  ...[[1, 'ok'], [255, 'ok'], [256, 'error'], [0, 'error']].map(([n, verdict]) =>
    question(`a key name of ${n}`, verdict, { ...keyNamed('k'.repeat(n)) }, { pk: undefined, ['k'.repeat(n)]: { S: 'x' } })),
  question('a key name of 127 pairs', 'ok', keyNamed(pair(127)), { pk: undefined, [pair(127)]: { S: 'x' } }),
  question('a key name of 128 pairs', 'error', keyNamed(pair(128)), { pk: undefined, [pair(128)]: { S: 'x' } }),
  question('a sort key name of 256', 'error', config({ sort_key: 'k'.repeat(256) }, { ['k'.repeat(256)]: 'SIGN_ONLY' }), { ['k'.repeat(256)]: { S: 'x' } }),
  question('an empty sort key name', 'error', config({ sort_key: '' }, { '': 'SIGN_ONLY' }), { '': { S: 'x' } }),
  question('a map key of 65,535 bytes', 'ok', config(), { e: { M: { ['a'.repeat(65535)]: { S: 'x' } } } }),
  question('a map key of 65,536 bytes', 'error', config(), { e: { M: { ['a'.repeat(65536)]: { S: 'x' } } } }),
  question('a map key of 21,846 units in 65,538 bytes', 'error', config(), { e: { M: { ['\u20ac'.repeat(21846)]: { S: 'x' } } } }),
  question('an empty table name', 'ok', config({ table: '' }), {}),
  question('a table name of 65,535', 'ok', config({ table: 't'.repeat(65535) }), {}),
  question('a table name of 65,536', 'error', config({ table: 't'.repeat(65536) }), {}),

  // Key attributes of types that DynamoDB has no keys of.
  ...[{ NULL: true }, { NULL: false }, { BOOL: false }, { L: [] }, { M: {} }, { SS: [] }, { NS: ['2', '1.0'] }].flatMap((pk) => [
    question(`a key ${JSON.stringify(pk)}`, 'ok', config(), { pk }),
    question(`a key ${JSON.stringify(pk)} in the context`, 'ok', config({}, { pk: CONTEXT }), { pk }),
  ]),
  question('one attribute for both keys', 'error', config({ sort_key: 'pk' }), {}),
  // No table has such keys; in version 1 the official library fails on the context, with "Internal Error".
  question('one attribute for both keys, in the context', STRICTER, config({ sort_key: 'pk' }, { pk: CONTEXT }), {}),
  question('a key in the context, 65,535 bytes', 'ok', config({}, { pk: CONTEXT }), { pk: { S: 'q'.repeat(65535) } }),
  question('a key in the context, 65,536 bytes', 'error', config({}, { pk: CONTEXT }), { pk: { S: 'q'.repeat(65536) } }),
  question('a context of 100,000 bytes', 'ok', config({}, { pk: CONTEXT, a: CONTEXT, b: CONTEXT }), { a: { S: 'q'.repeat(50000) }, b: { S: 'q'.repeat(50000) } }),

  // Plaintext by configuration: keys and context attributes must be there, values are not looked at.
  question('forced plaintext', 'ok', forced, { x: { N: 'abc' } }),
  question('forced plaintext without its key', 'error', forced, { pk: undefined, e: { S: 'x' } }),
  question('forced plaintext, a name of 65,536', 'error', forced, { ['a'.repeat(65536)]: { S: 'x' } }),

  // Required encryption context.
  question('required: a key of the context', 'ok', config({ required_ec_keys: ['aws-crypto-table-name'] }), {}),
  question('required: a key that is not there', 'error', config({ required_ec_keys: ['x'] }), {}),
  question('required: no key', 'error', config({ required_ec_keys: [] }), {}),
  question('required: the public key', 'error', config({ required_ec_keys: ['aws-crypto-public-key'], suite: '0x6701' }), {}),

  // Keyrings.
  question('an empty namespace', 'ok', keyring({ namespace: '' }), {}),
  question('an empty key name', 'ok', keyring({ name: '' }), {}),
  question('namespace aws-kms', 'error', keyring({ namespace: 'aws-kms' }), {}),
  // keyring-interface.md: "MUST NOT be or start with"; the official library only refuses the former.
  question('namespace aws-kms-mine', STRICTER, keyring({ namespace: 'aws-kms-mine' }), {}),
  question('a namespace of 65,535 bytes', 'ok', keyring({ namespace: 'n'.repeat(65535) }), {}),
  question('a namespace of 65,536 bytes', 'error', keyring({ namespace: 'n'.repeat(65536) }), {}),
  question('a key name of 65,515 bytes', 'ok', keyring({ name: 'n'.repeat(65515) }), {}),
  question('a key name of 65,516 bytes', 'error', keyring({ name: 'n'.repeat(65516) }), {}),
  question('the same key three times', 'ok', multi(AES, [AES, AES]), {}),
  question('no generator', 'error', multi(undefined, [AES]), {}),
  question('neither generator nor child', 'error', multi(undefined, []), {}),
  question('a child that generates', 'error', multi(AES, [{ type: 'multi', generator: AES, children: [] }]), {}),
  question('a multi-keyring as generator', 'ok', multi({ type: 'multi', generator: AES, children: [AES] }, [AES]), {}),
  question('255 data keys', 'ok', multi(AES, Array(254).fill(AES)), {}),
  question('256 data keys', 'error', multi(AES, Array(255).fill(AES)), {}),
].map((one) => ({ ...one, item: present(one.item) })); // prettier-ignore

/** Where the official library's own recursion exhausts its stack; only our answer can be checked. */
export const BEYOND_THE_ORACLE = [
  question('a partition key of 20,000 bytes', 'ok', config(), { pk: { S: 'q'.repeat(20000) } }),
  question('a partition key of 49,147 bytes', 'ok', config(), { pk: { S: 'q'.repeat(49147) } }),
  question('a partition key of 49,148 bytes', 'error', config(), { pk: { S: 'q'.repeat(49148) } }),
];

function present(item) {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}
