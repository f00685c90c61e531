import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { inspect } from 'node:util';
import * as errors from '../../pkg/errors.js';

const { FieldsealError, errorFromCore, usage } = errors;

const CLASS_OF_FAULT = {
  malformed: ['MalformedInputError', 'MALFORMED_HEADER'],
  unauthentic: ['AuthenticationError', 'SIGNATURE_MISMATCH'],
  noKey: ['NoKeyError', 'NO_KEYRING_OPENED'],
  notMine: ['NoKeyError', 'KEYRING_NOT_MINE'],
  kms: ['KmsError', 'KMS_ACCESS_DENIED'],
  dynamoDb: ['DynamoDbError', 'DYNAMODB_TABLE_NOT_FOUND'],
  keyStore: ['KeyStoreError', 'BRANCH_KEY_NOT_FOUND'],
  limit: ['LimitError', 'LIMIT_EXCEEDED'],
  misuse: ['UsageError', 'RESERVED_NAME'],
  unsupported: ['UnsupportedError', 'UNSUPPORTED'],
  host: ['HostError', 'HOST_FAILED'],
  bug: ['InternalError', 'INTERNAL'],
};

for (const [fault, [name, code]] of Object.entries(CLASS_OF_FAULT)) {
  test(`core fault '${fault}' becomes ${name}`, () => {
    const error = errorFromCore({ fault, code, message: 'it broke', next: 'Mend it.' });
    assert.ok(error instanceof errors[name]);
    assert.ok(error instanceof FieldsealError && error instanceof Error);
    assert.equal(error.name, name);
    assert.equal(error.code, code);
    assert.equal(error.message, 'it broke. Mend it.');
    assert.match(String(error.stack), new RegExp(`^${name}: it broke`));
    assert.ok(!Object.keys(error).includes('name'));
  });
}

// Codes that only the TypeScript layer can need: there is no core yet to have them, or it knows one item at a time.
const OWN_CODES = ['NOT_INITIALIZED', 'ITEMS_FAILED', 'RECORD_MISMATCH'];

test('the codes are those of the core', () => {
  const source = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const found = (text, pattern) => Array.from(text.matchAll(pattern), ([, code]) => code);
  const [rust] = source('../../src/error.rs').split('#[cfg(test)]\nmod tests');
  const ofKinds = found(rust, / = "([A-Z_]+)",$/gm);
  const ofFaults = found(rust, /^ {12}Fault::.* => "([A-Z_]+)",$/gm);
  assert.ok(ofKinds.length > 60 && ofFaults.length === 7);
  const typescript = source('../../js/src/generated/codes.ts');
  assert.deepEqual(
    found(typescript, /^ {2}(?:\| )?'([A-Z_]+)'/gm).sort(),
    [...new Set([...ofKinds, ...ofFaults, ...OWN_CODES])].sort(),
  );
});

test('details come along and survive JSON', () => {
  const details = {
    operation: 'Decrypt',
    keyId: 'alias/a',
    table: 'keys',
    branchKeyId: 'b-1',
    serviceError: 'AccessDeniedException',
    status: 400,
    requestId: 'r-1',
    attempts: 1,
    itemIndex: 0,
    attribute: 'ssn',
  };
  const core = { fault: 'kms', code: 'KMS_ACCESS_DENIED', message: 'm', next: 'n', ...details };
  const error = errorFromCore(core);
  for (const [name, value] of Object.entries(details)) assert.equal(error[name], value);
  const { fault, ...rest } = core;
  const expected = { ...rest, name: 'KmsError', message: 'm. n', retryable: false };
  assert.deepEqual(JSON.parse(JSON.stringify({ err: error })).err, expected);
});

test('reasons become errors too', () => {
  const reason = { fault: 'notMine', code: 'KEYRING_NOT_MINE', message: 'no', next: 'Add it.' };
  const error = errorFromCore({
    fault: 'noKey',
    code: 'NO_KEYRING_OPENED',
    message: 'none',
    next: 'Check.',
    reasons: [reason, { ...reason, fault: 'kms', code: 'KMS_THROTTLED' }],
  });
  assert.deepEqual(
    error.reasons.map((r) => [r.name, r.code]),
    [
      ['NoKeyError', 'KEYRING_NOT_MINE'],
      ['KmsError', 'KMS_THROTTLED'],
    ],
  );
  assert.deepEqual(error.toJSON().reasons[0].code, 'KEYRING_NOT_MINE');
});

test('nothing that an error shows forges a line or goes on for ever', () => {
  const hostile = `x\n\x1b[31m\u2028\u202e\u0085${'y'.repeat(100_000)}`;
  const shown = /^[^\p{Cc}\u2028\u202e]*$/u;
  const details = { attribute: hostile, keyId: hostile, table: hostile, requestId: hostile };
  const made = [
    errorFromCore({ fault: 'kms', code: 'KMS_FAILED', message: hostile, next: 'n', ...details }),
    usage('INVALID_ARGUMENT', hostile, 'n', hostile),
    errors.limit(hostile, hostile),
    errors.malformedAttribute(hostile, hostile),
    errors.unsupported(hostile),
  ];
  for (const error of made) {
    const text = JSON.stringify([error, error.message]);
    assert.ok(text.length < 7000, String(text.length));
    assert.match(error.message, shown);
    assert.match(error.attribute ?? '', shown);
    assert.match(error.keyId ?? '', shown);
  }
  assert.match(made[0].keyId, /^x\\u\{a\}\\u\{1b\}\[31m\\u\{2028\}\\u\{202e\}\\u\{85\}y+…$/);
  // What people write stays as it is.
  assert.equal(usage('INVALID_ARGUMENT', 'größer 💾', 'n').message, 'größer 💾. n');
});

test('absent details stay absent', () => {
  const error = usage('INVALID_ARGUMENT', 'no');
  assert.deepEqual(Object.keys(error).sort(), ['code', 'next']);
  const members = ['name', 'code', 'message', 'next', 'retryable'];
  assert.deepEqual(Object.keys(error.toJSON()), members);
  assert.doesNotMatch(inspect(error), /undefined/);
  assert.ok(!('cause' in error));
});

test('usage names the attribute as the core does', () => {
  const error = usage('ATTRIBUTE_MISSING', 'it is missing', 'Add it.', 'id');
  assert.equal(error.message, "it is missing (attribute 'id'). Add it.");
  assert.equal(error.attribute, 'id');
  assert.equal(usage('INVALID_CONFIG', 'Stop!').message, 'Stop! Correct the named option.');
  assert.equal(usage('INVALID_ARGUMENT', 'No').message, 'No. Correct the named argument.');
});

test('a fault that this layer does not know is its own', () => {
  for (const fault of ['tired', 'constructor', '__proto__', undefined]) {
    const error = errorFromCore({ fault, code: 'INTERNAL', message: 'm', next: 'n' });
    assert.equal(error.name, 'InternalError');
  }
});

test('a malformed buffer from this layer is not the fault of the caller', () => {
  const core = { fault: 'malformed', code: 'MALFORMED_HOST_INPUT', message: 'm', next: 'n' };
  assert.equal(errorFromCore(core).name, 'InternalError');
});

test('a cause is kept', () => {
  const cause = new Error('first');
  const init = { code: 'INVALID_CONFIG', message: 'm', next: 'n', cause };
  assert.equal(new errors.UsageError(init).cause, cause);
});

/** One error of every class, one with all details, and those whose sentences end in their own way. */
function someErrors() {
  const made = Object.entries(CLASS_OF_FAULT).map(([fault, [, code]]) =>
    errorFromCore({ fault, code, message: 'it broke', next: 'Mend it.', attribute: 'a.b[0]' }),
  );
  const reason = {
    fault: 'kms',
    code: 'KMS_THROTTLED',
    message: 'busy',
    next: 'Wait.',
    status: 400,
  };
  made.push(
    errorFromCore({
      fault: 'noKey',
      code: 'NO_KEYRING_OPENED',
      message: 'none',
      next: 'Check.',
      rootCode: 'KMS_THROTTLED',
      reasons: [reason, { ...reason, attempts: 3, requestId: 'r', keyId: 'k' }],
      omittedReasons: 2,
    }),
  );
  for (const message of [
    'Stop!',
    'wait...',
    'what?',
    'an end.',
    'x'.repeat(3000),
    '',
    'a. Mend it',
  ]) {
    made.push(usage('INVALID_ARGUMENT', message, 'Mend it.', message === '' ? '' : undefined));
  }
  return made;
}

test('errors cross to another thread as data, and come back as they were', () => {
  for (const error of someErrors()) {
    for (const copyOf of [structuredClone, (data) => JSON.parse(JSON.stringify(data))]) {
      const back = FieldsealError.fromJSON(copyOf(error.toJSON()));
      assert.equal(back.constructor, error.constructor);
      assert.deepEqual(back.toJSON(), error.toJSON());
      assert.deepEqual(Object.keys(back).sort(), Object.keys(error).sort());
      assert.ok(back.reasons?.every((one) => one instanceof errors.KmsError) ?? true);
      assert.match(String(back.stack), /errors\.test\.mjs/);
    }
  }
});

test('what is not the data of an error is refused', () => {
  const good = usage('INVALID_ARGUMENT', 'no', 'Mend it.').toJSON();
  const reasons = (of) => [{ ...good, reasons: of }];
  const bad = [
    undefined,
    null,
    'no',
    [],
    {},
    new Error('no'),
    structuredClone(usage('INVALID_ARGUMENT', 'no')),
    Object.create(good),
    ...['name', 'code', 'message', 'next'].map((name) => ({ ...good, [name]: undefined })),
    { ...good, code: 1 },
    { ...good, code: 'A\nB' },
    { ...good, code: '' },
    { ...good, attribute: 1 },
    { ...good, status: '400' },
    { ...good, reasons: {} },
    { ...good, reasons: ['no'] },
    { ...good, reasons: reasons([]) },
  ];
  for (const json of bad) {
    const options = { name: 'UsageError', code: 'INVALID_ARGUMENT', message: /data of an error/ };
    assert.throws(() => FieldsealError.fromJSON(json), options, inspect(json));
  }
  // A class of another release.
  const other = FieldsealError.fromJSON({ ...good, name: 'toString' });
  assert.equal(other.constructor, FieldsealError);
});

test('data of an error shows nothing that an error would not', () => {
  const good = usage('INVALID_ARGUMENT', 'no', 'Mend it.').toJSON();
  const back = FieldsealError.fromJSON({ ...good, message: 'a\nb', keyId: '\u202e', secret: 's' });
  assert.equal(back.message, 'a\\u{a}b. Mend it.');
  assert.equal(back.keyId, '\\u{202e}');
  assert.ok(!('secret' in back));
  const more = FieldsealError.fromJSON({ ...good, next: 'Do\nthis.', cause: new Error('a\nb') });
  assert.equal(more.next, 'Do\\u{a}this.');
  assert.ok(!/[\n]/.test(more.message), more.message);
  assert.ok(!('cause' in more));
});

test('nothing that every object inherits is part of an error', () => {
  const core = { fault: 'noKey', code: 'NO_KEYRING_OPENED', message: 'm', next: 'n' };
  const inherited = {
    reasons: 5,
    cause: 'c',
    attribute: 'a',
    rootCode: 'KMS_UNREACHABLE',
    omittedReasons: 'x',
  };
  try {
    Object.assign(Object.prototype, inherited);
    const error = errorFromCore(core);
    const back = FieldsealError.fromJSON(JSON.parse(JSON.stringify(error)));
    for (const one of [error, back]) {
      assert.deepEqual(Object.keys(one).sort(), ['code', 'next']);
      assert.ok(!Object.hasOwn(one, 'cause'));
      assert.equal(one.retryable, false);
    }
  } finally {
    for (const name of Object.keys(inherited)) delete Object.prototype[name];
  }
});

test('failures that may pass by themselves are retryable', () => {
  const of = (fault, code, more) =>
    errorFromCore({ fault, code, message: 'm', next: 'n', ...more });
  for (const service of ['KMS', 'DYNAMODB']) {
    const fault = service === 'KMS' ? 'kms' : 'dynamoDb';
    for (const kind of ['UNREACHABLE', 'TIMED_OUT', 'THROTTLED', 'FAILED']) {
      assert.equal(of(fault, `${service}_${kind}`).retryable, true, kind);
    }
    for (const kind of ['ACCESS_DENIED', 'CREDENTIALS', 'REJECTED']) {
      assert.equal(of(fault, `${service}_${kind}`).retryable, false, kind);
    }
  }
  assert.equal(of('host', 'HOST_FAILED').retryable, false);
  assert.equal(of('noKey', 'NO_KEYRING_OPENED').retryable, false);
  assert.equal(of('noKey', 'NO_KEYRING_OPENED', { rootCode: 'KMS_UNREACHABLE' }).retryable, true);
  assert.equal(of('noKey', 'NO_KEYRING_OPENED', { rootCode: 'KEYRING_NOT_MINE' }).retryable, false);
});
