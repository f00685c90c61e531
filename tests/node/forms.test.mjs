// The server's half of forms: bodies of every kind, opened and refused; sealed values checked without a key; tokens.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { before, describe, test } from 'node:test';

import {
  checkSealed,
  openField,
  openForm,
  sealField,
  sealForm,
} from '../../pkg/entrypoints/forms.js';
import {
  EncryptionClient,
  ItemEncryptor,
  rawAesKeyring,
  toDynamoJson,
} from '../../pkg/entrypoints/index.js';

const aes = (keyName) =>
  rawAesKeyring({ keyNamespace: 'shop', keyName, wrappingKey: new Uint8Array(32).fill(7) });
const keyring = aes('key-1');
const table = { logicalTableName: 'customers', partitionKeyName: 'customer_id' };
const SSN = '078-05-1120';

/** A record as a page seals it. */
async function sealed(attributes = { ssn: { S: SSN } }, actions = {}) {
  const attributeActions = { customer_id: 'SIGN_ONLY', ...actions };
  for (const name of Object.keys(attributes)) attributeActions[name] ??= 'ENCRYPT_AND_SIGN';
  const encryptor = new ItemEncryptor({ ...table, attributeActions, keyring });
  const { item } = await encryptor.encryptItem({ customer_id: { S: 'c-1' }, ...attributes });
  return toDynamoJson(item);
}

const options = (more) => ({ keyring, table, seal: ['ssn'], plain: ['email'], ...more });
const post = (body, headers) =>
  new Request('http://shop.example/', { method: 'POST', body, headers });
const formData = (entries) => {
  const data = new FormData();
  for (const [name, ...value] of entries) data.append(name, ...value);
  return data;
};

/** The error of a call, which has no secret in it. */
async function failure(call) {
  const error = await call.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  );
  assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(SSN), String(error));
  return error;
}
const refused = async (body, expected, more) => {
  const { code, attribute, message } = await failure(openForm(body, options(more)));
  if (expected.message) assert.match(message, expected.message);
  assert.deepEqual([code, attribute], [expected.code, expected.attribute]);
};

describe('openForm', () => {
  const EMAIL = 'ada+"ä"@example.org';
  let record;
  before(async () => {
    record = await sealed();
  });
  const entries = () => [
    ['fieldseal', record],
    ['email', EMAIL],
  ];
  const bodies = {
    'a request that is urlencoded': () => post(new URLSearchParams(entries())),
    'a request that is multipart': () => post(formData(entries())),
    'a request that is JSON': () =>
      post(JSON.stringify({ fieldseal: JSON.parse(record), email: EMAIL }), {
        'content-type': 'application/json; charset=utf-8',
      }),
    FormData: () => formData(entries()),
    URLSearchParams: () => new URLSearchParams(entries()),
    'what a framework read': () => ({ fieldseal: record, email: [EMAIL] }),
    'what a framework read, without a prototype': () =>
      Object.assign(Object.create(null), Object.fromEntries(entries())),
  };
  for (const [what, body] of Object.entries(bodies)) {
    test(what, async () => {
      const { document, fields, files, item } = await openForm(body(), options());
      assert.deepEqual(document, { customer_id: 'c-1', ssn: SSN });
      assert.deepEqual(fields, { email: EMAIL });
      assert.deepEqual(files, []);
      assert.equal(toDynamoJson(item), record);
    });
  }

  const unread = (type, chunks) => ({
    headers: { 'content-type': type },
    async *[Symbol.asyncIterator]() {
      yield* chunks;
    },
  });

  test('a multipart body in chunks of every size', async () => {
    const whole = post(formData(entries()));
    const type = whole.headers.get('content-type');
    const bytes = new Uint8Array(await whole.arrayBuffer());
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const { fields } = await openForm(unread(type, chunks), options());
      assert.deepEqual(fields, { email: EMAIL });
    }
  });

  test('Node’s own requests: opened, and answered when they are refused half way', async (t) => {
    const server = createServer(async (message, response) => {
      const opened = openForm(message, options({ maxBodyBytes: 2_000 }));
      const answer = await opened
        .then(({ document }) => document.customer_id)
        .catch(({ code }) => code);
      response.end(answer);
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const send = async (body) => {
      const whole = post(body);
      const headers = { 'content-type': whole.headers.get('content-type') };
      const { port } = server.address();
      const sending = request({ port, method: 'POST', headers }).end(
        new Uint8Array(await whole.arrayBuffer()),
      );
      const [response] = await once(sending, 'response');
      return (await response.toArray()).join('');
    };
    assert.equal(await send(new URLSearchParams(entries())), 'c-1');
    assert.equal(await send(formData(entries())), 'c-1');
    const long = [...entries(), ['note', 'x'.repeat(1_000_000)]];
    assert.equal(await send(formData(long)), 'LIMIT_EXCEEDED');
    assert.equal(await send(new URLSearchParams(long)), 'LIMIT_EXCEEDED');
  });

  test('fields that are missing, unknown, or came twice are named, all of them', async () => {
    const body = new URLSearchParams([...entries(), ['email', 'b'], ['a', '1'], ['b', '2']]);
    await refused(
      body,
      {
        code: 'MALFORMED_ATTRIBUTE',
        attribute: 'name',
        message: /missing: name; unknown: a, b; twice: email/,
      },
      { plain: ['email', 'name'] },
    );
    const twice = new URLSearchParams([...entries(), ['fieldseal', record]]);
    await refused(twice, { code: 'MALFORMED_ATTRIBUTE', attribute: 'fieldseal' });
    await refused({ email: 'a' }, { code: 'MALFORMED_ATTRIBUTE', attribute: 'ssn' });
  });

  test('plaintext where a sealed field is to be', async () => {
    const plaintext = { code: 'PLAINTEXT_ITEM', attribute: 'ssn' };
    await refused({ ssn: SSN, email: 'a' }, plaintext);
    await refused({ fieldseal: record, ssn: SSN, email: 'a' }, plaintext);
    const tokens = { as: 'tokens', table: undefined };
    await refused({ ssn: SSN, email: 'a' }, plaintext, tokens);
    const file = formData([
      ['email', 'a'],
      ['cv', new Blob([SSN]), 'cv.txt'],
    ]);
    await refused(
      file,
      { code: 'PLAINTEXT_ITEM', attribute: 'cv' },
      { seal: ['cv'], optional: ['cv'] },
    );
    const bare = { fieldseal: { customer_id: { S: 'c-1' }, ssn: { S: SSN } }, email: 'a' };
    await refused(bare, plaintext);
  });

  test('a sealed field that its record only signs', async () => {
    for (const [value, action] of [
      [{ S: SSN }, 'SIGN_ONLY'],
      [{ NULL: true }, 'SIGN_ONLY'],
      [{ L: [{ S: SSN }] }, 'SIGN_ONLY'],
      [{ S: SSN }, 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT'],
    ]) {
      const key = action === 'SIGN_ONLY' ? {} : { customer_id: action };
      const record = await sealed({ ssn: value }, { ...key, ssn: action });
      await refused(
        { fieldseal: record, email: 'a' },
        { code: 'PLAINTEXT_ITEM', attribute: 'ssn' },
      );
    }
  });

  test('a key beside the record that is not the record’s', async () => {
    const body = { fieldseal: record, email: 'a', customer_id: 'c-1' };
    const plain = ['email', 'customer_id'];
    assert.equal((await openForm(body, options({ plain }))).fields.customer_id, 'c-1');
    await refused(
      { ...body, customer_id: 'c-2' },
      { code: 'MALFORMED_ATTRIBUTE', attribute: 'customer_id', message: /not the record's/ },
      { plain },
    );
  });

  test('lists in a list', async () => {
    const nested = await sealed({ ssn: { L: [{ L: [{ S: 'a' }] }] } });
    const expected = { code: 'MALFORMED_ATTRIBUTE', attribute: 'ssn' };
    await refused({ fieldseal: nested, email: 'a' }, expected);
  });

  test('a name that has values in it is not shown', async () => {
    const type = 'application/x-www-form-urlencoded';
    // JSON that is sent with the type that many clients have by default.
    await refused(unread(type, [Buffer.from(JSON.stringify({ ssn: SSN }))]), {
      code: 'MALFORMED_ATTRIBUTE',
      attribute: 'ssn',
      message: /missing: ssn, email; unknown: \(\d+ characters\)/,
    });
    await refused(unread(type, [Buffer.from(SSN)]), {
      code: 'MALFORMED_ATTRIBUTE',
      attribute: 'ssn',
    });
    const found = await failure(
      openForm({ ...Object.fromEntries(entries()), [SSN]: 5 }, options()),
    );
    assert.equal(found.attribute, '(11 characters)');
  });

  test('a body that was read, or is being read', async () => {
    const whole = () => post(new URLSearchParams(entries()));
    const read = whole();
    await read.text();
    const locked = whole();
    locked.body.getReader();
    for (const body of [read, locked]) {
      await refused(body, { code: 'INVALID_ARGUMENT', message: /read already/ });
    }
  });

  test('a body that fails keeps its error', async () => {
    const reset = new TypeError('terminated');
    const body = {
      headers: { 'content-type': 'application/json' },
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(reset) }),
    };
    assert.equal(await failure(openForm(body, options())), reset);
  });

  test('a record with other fields, changed, or of another key', async () => {
    const more = await sealed({ ssn: { S: SSN }, card: { S: '1' } });
    await refused(
      { fieldseal: more, email: '' },
      { code: 'MALFORMED_ATTRIBUTE', attribute: 'card', message: /unknown: card/ },
    );
    const lacks = await sealed({ card: { S: '1' } });
    await refused(
      { fieldseal: lacks, email: '' },
      { code: 'MALFORMED_ATTRIBUTE', attribute: 'ssn' },
      { seal: ['card', 'ssn'] },
    );
    const changed = { ...JSON.parse(record), customer_id: { S: 'c-2' } };
    const { code: found } = await failure(openForm({ fieldseal: changed, email: '' }, options()));
    assert.equal(found, 'NO_KEYRING_OPENED');
    const other = options({ keyring: aes('key-2') });
    assert.equal(
      (await failure(openForm({ fieldseal: record, email: '' }, other))).code,
      'NO_KEYRING_OPENED',
    );
  });

  test('lists, and fields that may be absent', async () => {
    const { document, fields } = await openForm(
      new URLSearchParams([['fieldseal', await sealed({ ssn: { NULL: true }, tags: { S: 'a' } })]]),
      options({
        seal: ['ssn', 'tags', 'card'],
        optional: ['email', 'card'],
        lists: ['tags', 'topics'],
      }),
    );
    assert.deepEqual(document, { customer_id: 'c-1', ssn: null, tags: ['a'] });
    assert.deepEqual(fields, { topics: [] });
  });

  test('a name of what all objects have is a name like others', async () => {
    const body = new URLSearchParams([...entries(), ['__proto__', 'a'], ['constructor', 'b']]);
    const { fields } = await openForm(
      body,
      options({ plain: ['email', '__proto__', 'constructor'], lists: ['toString'] }),
    );
    assert.deepEqual(Object.keys(fields), ['email', '__proto__', 'constructor', 'toString']);
    assert.equal(Object.getPrototypeOf(fields), Object.prototype);
  });

  const MULTIPART = 'multipart/form-data; boundary=b';
  const part = (headers, content = '') => `--b\r\n${headers}\r\n\r\n${content}\r\n`;
  const NAMED = 'Content-Disposition: form-data; name="email"';
  const malformed = {
    'no type': [undefined, 'a=b'],
    'another type': ['text/plain', 'a=b'],
    'no boundary': ['multipart/form-data', '--b--\r\n'],
    'no delimiter at its beginning': [MULTIPART, `x\r\n${part(NAMED)}--b--\r\n`],
    'cut short in a header': [MULTIPART, '--b\r\nContent-Disp'],
    'cut short in a part': [
      MULTIPART,
      '--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nabc',
    ],
    'cut short at a delimiter': [MULTIPART, `${part(NAMED)}--b`],
    'nothing at all': [MULTIPART, ''],
    'a part without a name': [MULTIPART, `${part('Content-Disposition: form-data')}--b--\r\n`],
    'a part without headers': [MULTIPART, '--b\r\n\r\n\r\nx\r\n--b--\r\n'],
    'a header twice': [MULTIPART, `${part(`${NAMED}\r\n${NAMED}`)}--b--\r\n`],
    // An expression with three runs of spaces would take minutes for it.
    'a header of spaces and a line feed': [
      MULTIPART,
      `${part(`X:${' '.repeat(8000)}\n`)}--b--\r\n`,
    ],
    'a header without a colon': [MULTIPART, `${part(`${NAMED}\r\nx`)}--b--\r\n`],
    'headers without end': [MULTIPART, `--b\r\nX: ${'x'.repeat(10_000)}`],
    'something behind its end': [MULTIPART, `${part(NAMED)}--b--\r\nmore`],
    'a part that is not UTF-8': [
      MULTIPART,
      Buffer.from(`${part(NAMED, '\xff')}--b--\r\n`, 'latin1'),
    ],
    'headers that are not UTF-8': [
      MULTIPART,
      Buffer.from(`${part(`${NAMED}\r\nX: \xff`)}--b--\r\n`, 'latin1'),
    ],
    'a string that is not UTF-8': ['application/x-www-form-urlencoded', Buffer.from([0xff])],
    'JSON that is not': ['application/json', `{"ssn":"${SSN}`],
    'JSON of something else': ['application/json', '[]'],
  };
  for (const [what, [type, text]] of Object.entries(malformed)) {
    test(`refused: ${what}`, () =>
      refused(unread(type, text.length === 0 ? [] : [Buffer.from(text)]), {
        code: 'MALFORMED_ATTRIBUTE',
      }));
  }

  for (const [what, value] of Object.entries({
    number: 5,
    null: null,
    object: {},
    deep: [['a']],
  })) {
    test(`refused: a field that is ${what}`, () =>
      refused(
        { fieldseal: record, email: value },
        { code: 'MALFORMED_ATTRIBUTE', attribute: 'email' },
      ));
  }

  for (const body of [undefined, null, 'fieldseal=a', 5, [], new Map(), new Uint8Array(3)]) {
    test(`refused: ${Object.prototype.toString.call(body)} for a body`, () =>
      refused(body, { code: 'INVALID_ARGUMENT' }));
  }

  test('limits', async () => {
    const many = Array.from({ length: 20 }, (_, i) => ['topics', String(i)]);
    await refused(
      new URLSearchParams([...entries(), ...many]),
      { code: 'LIMIT_EXCEEDED', message: /maxFields fields, 10/ },
      { maxFields: 10, lists: ['topics'] },
    );
    const files = Array.from({ length: 3 }, () => ['photo', new Blob(['x']), 'a']);
    const expected = { code: 'LIMIT_EXCEEDED', attribute: 'photo' };
    await refused(formData(files), expected, { lists: ['photo'], maxFiles: 2 });
    const large = [['photo', new Blob(['12345']), 'a']];
    await refused(post(formData(large)), expected, { lists: ['photo'], maxFileBytes: 4 });
    // Of what a framework has read, too.
    const long = { ...Object.fromEntries(entries()), email: 'ä'.repeat(5_000) };
    for (const body of [long, formData(Object.entries(long)), new URLSearchParams(long)]) {
      const expected = { code: 'LIMIT_EXCEEDED', message: /maxBodyBytes, 9000/ };
      await refused(body, expected, { maxBodyBytes: 9_000 });
    }
  });

  test('options that are wrong', async () => {
    for (const [wrong, code, message] of [
      [{ as: 'json' }, 'INVALID_CONFIG', /as must be one of 'item', 'tokens'/],
      [{ as: 'tokens' }, 'INVALID_CONFIG', /tokens have no table/],
      [{ table: undefined }, 'INVALID_CONFIG', /an item needs a table/],
      [{ table: { ...table, nonsense: 1 } }, 'INVALID_ARGUMENT', /table: 'nonsense' is not known/],
      [{ keyring: undefined }, 'INVALID_CONFIG', /either keyring or cmm/],
      [{ seal: 'ssn' }, 'INVALID_ARGUMENT', /seal must be an array/],
      [{ seal: ['customer_id'] }, 'INVALID_CONFIG', /'customer_id' is a key/],
      [{ maxFields: 0 }, 'INVALID_CONFIG', /maxFields/],
      [{ onFile: 5 }, 'INVALID_ARGUMENT', /onFile must be a function/],
      [{ fields: [] }, 'INVALID_ARGUMENT', /'fields' is not known; did you mean 'field'/],
    ]) {
      const error = await failure(openForm({ fieldseal: record, email: 'a' }, options(wrong)));
      assert.equal(error.code, code, String(error));
      assert.match(error.message, message);
    }
  });

  test('a signal that has aborted', async () => {
    const error = await failure(openForm({ email: 'a' }, options({ signal: AbortSignal.abort() })));
    assert.equal(error.name, 'AbortError');
  });

  test('a signal ends it while the body does not come', async () => {
    const stop = new AbortController();
    const body = {
      headers: { 'content-type': 'application/json' },
      [Symbol.asyncIterator]: () => ({
        next() {
          stop.abort();
          return new Promise(() => {});
        },
      }),
    };
    const error = await failure(openForm(body, options({ signal: stop.signal })));
    assert.equal(error.name, 'AbortError');
  });

  test('a file without a name: none where it is empty, refused where it is not', async () => {
    const how = { plain: ['email', 'photo'] };
    const whole = (content) => `${part(NAMED)}${part(`${PHOTO}`, content)}--b--\r\n`;
    const PHOTO = 'Content-Disposition: form-data; name="photo"; filename=""';
    const body = (content) =>
      unread(MULTIPART, [
        Buffer.from(
          part('Content-Disposition: form-data; name="fieldseal"', record) + whole(content),
        ),
      ]);
    assert.deepEqual((await openForm(body(''), options(how))).files, []);
    const expected = { code: 'MALFORMED_ATTRIBUTE', attribute: 'photo' };
    await refused(body('cheese'), expected, how);
  });
});

describe('sealed files', () => {
  const client = new EncryptionClient();
  const content = Buffer.alloc(300_000, 'cv');
  const message = (id, name = 'cv') =>
    client.encrypt(content, {
      keyring,
      encryptionContext: { 'fieldseal-name': name, 'fieldseal-file': id },
    });
  const record = (...ids) =>
    sealed({
      cv: {
        L: ids.map((id) => ({
          M: {
            id: { S: id },
            name: { S: 'cv.pdf' },
            type: { S: 'application/pdf' },
            size: { N: '300000' },
          },
        })),
      },
    });
  const body = async (...parts) =>
    post(
      formData(
        parts.map(([name, value]) =>
          typeof value === 'string'
            ? [name, value]
            : [name, new Blob([value.ciphertext]), 'sealed'],
        ),
      ),
    );
  const opens = (more) => ({ keyring, table, seal: ['cv'], ...more });

  test('come as blobs, or as streams that are read to their end', async () => {
    const parts = [
      ['fieldseal', await record('a', 'b')],
      ['cv', await message('b')],
      ['cv', await message('a')],
    ];
    const { files, document } = await openForm(await body(...parts), opens());
    assert.deepEqual(
      document.cv.map(({ id }) => id),
      ['a', 'b'],
    );
    for (const { content: blob, ...file } of files) {
      assert.deepEqual(file, {
        field: 'cv',
        sealed: true,
        name: 'cv.pdf',
        type: 'application/pdf',
      });
      assert.deepEqual(Buffer.from(await blob.arrayBuffer()), content);
      assert.equal(blob.type, 'application/pdf');
    }
    let length = 0;
    const onFile = async ({ name }, stream) => {
      assert.equal(name, 'cv.pdf');
      for await (const chunk of stream) length += chunk.length;
    };
    const streamed = await openForm(await body(...parts), opens({ onFile }));
    assert.deepEqual(
      [length, streamed.files.length, streamed.files[0].content],
      [600_000, 2, undefined],
    );
  });

  test('one that is not read, changed, cut short, of another form, of another field, missing, too large', async () => {
    const item = await record('a');
    const fails = async (parts, code, more) => {
      const error = await failure(openForm(await body(['fieldseal', item], ...parts), opens(more)));
      assert.deepEqual([error.code, error.attribute ?? 'cv'], [code, 'cv'], String(error));
    };
    const good = await message('a');
    await fails([['cv', good]], 'INVALID_ARGUMENT', { onFile: () => undefined });
    const changed = { ciphertext: good.ciphertext.slice() };
    changed.ciphertext[200_000] ^= 1;
    await fails([['cv', changed]], 'FRAME_TAG_MISMATCH');
    await fails(
      [['cv', { ciphertext: good.ciphertext.subarray(0, 200_000) }]],
      'MALFORMED_MESSAGE',
    );
    await fails([['cv', await message('other')]], 'MALFORMED_ATTRIBUTE');
    await fails(
      [
        ['cv', good],
        ['cv', good],
      ],
      'MALFORMED_ATTRIBUTE',
    );
    await fails([['cv', await message('a', 'photo')]], 'ENCRYPTION_CONTEXT_MISMATCH');
    await fails([], 'MALFORMED_ATTRIBUTE');
    await fails([['cv', good]], 'LIMIT_EXCEEDED', { maxFileBytes: 299_999 });
    await fails([['photo', good]], 'MALFORMED_ATTRIBUTE', { optional: ['cv'] }).catch(
      ({ message }) => assert.match(message, /photo/),
    );
    const long = await client.encrypt(content.subarray(1), {
      keyring,
      encryptionContext: { 'fieldseal-name': 'cv', 'fieldseal-file': 'a' },
    });
    await fails([['cv', long]], 'MALFORMED_ATTRIBUTE');
    const same = await failure(
      openForm(await body(['fieldseal', await record('a', 'a')]), opens()),
    );
    assert.match(same.message, /two files have one id/);
    const before = await failure(openForm(await body(['cv', good], ['fieldseal', item]), opens()));
    assert.match(before.message, /before its record/);
  });
});

describe('checkSealed', () => {
  const checks = (more) => ({ table, seal: ['ssn'], keyNames: ['key-1'], ...more });
  const fails = async (value, expected, more) => {
    const { code, attribute } = await failure(checkSealed(value, checks(more)));
    assert.deepEqual([code, attribute], expected);
  };

  test('a record, as a string and read', async () => {
    const record = await sealed();
    for (const value of [record, JSON.parse(record)]) {
      const { item, header } = await checkSealed(value, checks());
      assert.equal(toDynamoJson(item), record);
      assert.equal(header.algorithmSuite, '6701');
    }
  });

  test('what is not to be stored', async () => {
    const record = JSON.parse(await sealed());
    const { aws_dbe_head: head, aws_dbe_foot: foot, ...bare } = record;
    await fails({ ...record, ssn: { S: SSN } }, ['PLAINTEXT_ITEM', 'ssn']);
    await fails({ ...record, ssn: { B: btoa(SSN) } }, ['PLAINTEXT_ITEM', 'ssn']);
    await fails({ customer_id: { S: 'c-1' }, ssn: { S: SSN } }, ['PLAINTEXT_ITEM', 'ssn']);
    const bytes = { B: Buffer.from(`${SSN} ${SSN}`) };
    const signed = await sealed({ ssn: bytes }, { ssn: 'SIGN_ONLY' });
    await fails(signed, ['PLAINTEXT_ITEM', 'ssn']);
    const both = await sealed({ ssn: bytes, card: { S: '1' } }, { ssn: 'SIGN_ONLY' });
    await fails(both, ['PLAINTEXT_ITEM', undefined], { seal: ['ssn', 'card'] });
    await fails({ ...record, note: { S: SSN } }, ['MALFORMED_ATTRIBUTE', 'note']);
    await fails({ ...bare, aws_dbe_foot: foot }, ['MALFORMED_ATTRIBUTE', 'aws_dbe_head']);
    await fails({ ...bare, aws_dbe_head: head }, ['MALFORMED_ATTRIBUTE', 'aws_dbe_foot']);
    await fails({ ...record, aws_dbe_head: { B: 'AAAA' } }, ['MALFORMED_HEADER', undefined]);
    await fails({ ...record, aws_dbe_head: { S: 'AAAA' } }, ['INVALID_ARGUMENT', undefined]);
    await fails(record, ['MALFORMED_ATTRIBUTE', undefined], { keyNames: ['key-2'] });
    await fails(record, ['SUITE_NOT_ALLOWED', undefined], { suites: ['6700'] });
    await fails(record, ['LIMIT_EXCEEDED', undefined], { maxLength: 100 });
    await fails(record, ['MALFORMED_ATTRIBUTE', 'card'], { seal: ['ssn', 'card'] });
    await fails('{', ['MALFORMED_ATTRIBUTE', undefined]);
    await fails(record, ['INVALID_CONFIG', undefined], { name: 'ssn' });
    await fails(record, ['INVALID_CONFIG', undefined], { seal: undefined });
    await fails(5, ['INVALID_ARGUMENT', undefined]);
    await fails(undefined, ['INVALID_ARGUMENT', undefined]);
  });

  test('a token', async () => {
    const token = await sealField('ssn', SSN, { keyring });
    const of = (more) => ({ name: 'ssn', keyNames: ['key-1'], ...more });
    const { item, header } = await checkSealed(token, of());
    assert.deepEqual([item, header.algorithmSuite], [undefined, '0578']);
    for (const [value, more, code] of [
      [SSN, {}, 'PLAINTEXT_ITEM'],
      [{}, {}, 'PLAINTEXT_ITEM'],
      ['fieldseal:', {}, 'MALFORMED_MESSAGE'],
      [`fieldseal:${btoa(SSN).replaceAll('=', '')}`, {}, 'MALFORMED_MESSAGE'],
      [token.slice(0, 200), {}, 'MALFORMED_MESSAGE'],
      [token, { name: 'card' }, 'MALFORMED_ATTRIBUTE'],
      [token, { keyNames: [] }, 'MALFORMED_ATTRIBUTE'],
      [token, { suites: ['0478'] }, 'SUITE_NOT_ALLOWED'],
      [token, { maxLength: 10 }, 'LIMIT_EXCEEDED'],
    ]) {
      assert.equal((await failure(checkSealed(value, of(more)))).code, code, code);
    }
  });

  test('a token is whole, of one frame or of many, signed or not', async () => {
    const how = { name: 'ssn', keyNames: ['key-1'], maxLength: Infinity };
    const token = (message) => `fieldseal:${Buffer.from(message).toString('base64url')}`;
    const encryptionContext = { 'fieldseal-name': 'ssn' };
    for (const algorithmSuite of ['0478', '0578']) {
      for (const [length, frameLength] of [
        [11, undefined],
        [0, undefined],
        [20, 10],
        [150_000, undefined],
      ]) {
        const options = { keyring, algorithmSuite, frameLength, encryptionContext };
        const client = new EncryptionClient();
        const { ciphertext } = await client.encrypt(new Uint8Array(length), options);
        assert.ok(await checkSealed(token(ciphertext), how));
        // Wherever a short one is cut, and at the ends of a long one.
        const step = length > 1_000 ? 9_973 : 1;
        const cut = [];
        for (let at = 1; at < ciphertext.length; at += step) cut.push(ciphertext.subarray(0, at));
        for (const wrong of [...cut, Buffer.concat([ciphertext, Buffer.of(0)])]) {
          const { code } = await failure(checkSealed(token(wrong), how));
          assert.match(code, /^MALFORMED_(MESSAGE|HEADER)$/);
        }
      }
    }
  });

  test('a token whose frames are out of order, and one that openField would not open', async () => {
    const how = { name: 'ssn', keyNames: ['key-1'], suites: ['0478', '0178'] };
    const context = { 'fieldseal-name': 'ssn' };
    const options = { keyring, encryptionContext: context, frameLength: 8 };
    const of = async (policy, algorithmSuite) => {
      const client = new EncryptionClient({ commitmentPolicy: policy });
      const { ciphertext } = await client.encrypt(new Uint8Array(16), {
        ...options,
        algorithmSuite,
      });
      return ciphertext;
    };
    const message = await of('REQUIRE_ENCRYPT_REQUIRE_DECRYPT', '0478');
    const token = (bytes) => `fieldseal:${Buffer.from(bytes).toString('base64url')}`;
    assert.ok(await checkSealed(token(message), how));
    const first = message.length - 40 - 48; // a frame, and the last one
    const others = message.with(first + 3, 2);
    const committing = await of('FORBID_ENCRYPT_ALLOW_DECRYPT', '0178');
    for (const wrong of [others, committing]) {
      const { code, attribute } = await failure(checkSealed(token(wrong), how));
      assert.deepEqual([code, attribute], ['MALFORMED_MESSAGE', 'ssn']);
    }
  });
});

describe('tokens', () => {
  test('any string, and no other name or context', async () => {
    for (const value of ['', SSN, 'Ü\u0000→😀', 'x'.repeat(300_000)]) {
      const token = await sealField('ssn', value, { keyring });
      assert.match(token, /^fieldseal:[\w-]+$/);
      assert.equal(await openField('ssn', token, { keyring }), value);
    }
    const bound = { keyring, encryptionContext: { customer_id: 'c-1' } };
    const token = await sealField('ssn', SSN, bound);
    assert.equal(await openField('ssn', token, bound), SSN);
    // What the message stores need not be given: what is given must be right.
    const other = { ...bound, encryptionContext: { customer_id: 'c-2' } };
    for (const [name, how] of [
      ['card', bound],
      ['ssn', other],
    ]) {
      assert.equal(
        (await failure(openField(name, token, how))).code,
        'ENCRYPTION_CONTEXT_MISMATCH',
      );
    }
  });

  test('the message in it is the AWS Encryption SDK’s', async () => {
    const token = await sealField('ssn', SSN, { keyring });
    const message = new Uint8Array(Buffer.from(token.slice('fieldseal:'.length), 'base64url'));
    const { plaintext, header } = await new EncryptionClient().decrypt(message, { keyring });
    assert.equal(Buffer.from(plaintext).toString(), SSN);
    assert.equal(header.encryptionContext['fieldseal-name'], 'ssn');
  });

  test('what is refused', async () => {
    const token = await sealField('ssn', SSN, { keyring });
    const cases = [
      [sealField('', SSN, { keyring }), 'INVALID_ARGUMENT'],
      [sealField('ssn', 5, { keyring }), 'INVALID_ARGUMENT'],
      [sealField('ssn', '\ud800', { keyring }), 'INVALID_ARGUMENT'],
      [sealField('ssn', SSN, {}), 'INVALID_CONFIG'],
      [sealField('ssn', SSN, { keyring, nonsense: 1 }), 'INVALID_ARGUMENT'],
      [
        sealField('ssn', SSN, { keyring, encryptionContext: { 'fieldseal-name': 'a' } }),
        'RESERVED_NAME',
      ],
      [openField('ssn', SSN, { keyring }), 'MALFORMED_MESSAGE'],
      [
        openField('ssn', token.replace('fieldseal:', 'fieldseal::'), { keyring }),
        'MALFORMED_MESSAGE',
      ],
      [openField('ssn', `${token}=`, { keyring }), 'MALFORMED_MESSAGE'],
      [openField('ssn', token.slice(0, -4), { keyring }), 'MALFORMED_MESSAGE'],
      [openField('ssn', 5, { keyring }), 'INVALID_ARGUMENT'],
      [openField('ssn', token, { keyring: aes('key-2') }), 'NO_KEYRING_OPENED'],
    ];
    for (const [call, code] of cases) assert.equal((await failure(call)).code, code);
  });
});

test('sealForm refuses what is not a form, in a host without a page, too', () => {
  for (const form of [undefined, null, {}, 'form', []]) {
    assert.throws(() => sealForm(form, { keyring, table }), { code: 'INVALID_ARGUMENT' });
  }
});
