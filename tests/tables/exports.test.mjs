// Exports to S3, opened: full and incremental, packed and not, in every form of a stream, and what is wrong with them. No server that
// runs here writes the files of an export: these are made as DynamoDB's documentation has them.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { toDynamoJson } from '../../pkg/entrypoints/index.js';
import {
  openExportedChanges,
  openExportedItems,
  readExportManifest,
} from '../../pkg/entrypoints/tables.js';
import { ITEM, KEY, TABLE, encryptor, refused, tables } from './support.mjs';

const tableName = TABLE;
const numbered = (line) => ({ ...ITEM, line: { N: String(line) } });
const COUNT = 250;
const PLAIN = Array.from({ length: COUNT }, (_, i) => numbered(i + 1));
const SEALED = (await encryptor().encryptItems(PLAIN)).map(({ item }) => item);

const itemLine = (item) => `{"Item":${toDynamoJson(item)}}\n`;
const FULL = SEALED.map(itemLine).join('');
const LINES = FULL.split(/(?<=\n)/);

/** What the readers take for a file. */
const chunked = (bytes, size) =>
  (function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
const FORMS = {
  "a stream of Node's": (bytes) => Readable.from([bytes]),
  'one that begins with single bytes': (bytes) =>
    Readable.from([...chunked(bytes.subarray(0, 40), 1), bytes.subarray(40)]),
  'a web stream': (bytes) => new Blob([bytes]).stream(),
  "a response's body": (bytes) => new Response(bytes).body,
  'a generator': (bytes) =>
    (async function* () {
      yield* chunked(bytes, 1000);
    })(),
};
const file = (text) => Readable.from([Buffer.from(text)]);

async function all(iteration) {
  const results = [];
  for await (const one of iteration) results.push(one);
  return results;
}
/** What came before the iteration failed, and with what. */
async function until(iteration) {
  const results = [];
  const error = await refused(async () => {
    for await (const one of iteration) results.push(one);
  }, {});
  return { results, error };
}
const items = (of, options = {}, given = tables()) =>
  openExportedItems(given, of, { tableName, ...options });
const changes = (of, options = {}) => openExportedChanges(tables(), of, { tableName, ...options });

describe('full exports', () => {
  for (const [name, make] of Object.entries(FORMS)) {
    for (const [packing, bytes] of [
      ['gzip', gzipSync(FULL)],
      ['unpacked', Buffer.from(FULL)],
    ]) {
      test(`${name}, ${packing}`, async () => {
        const found = await all(items(make(bytes), { itemCount: COUNT }));
        assert.deepEqual(
          found,
          PLAIN.map((item, i) => ({ line: i + 1, item })),
        );
      });
    }
  }

  test('an empty file has no items, and the last newline may be missing', async () => {
    assert.deepEqual(await all(items(file(''), { itemCount: 0 })), []);
    assert.deepEqual(await all(items(Readable.from([gzipSync('')]))), []);
    assert.equal((await all(items(file(LINES[0].trimEnd())))).length, 1);
  });

  test('items in plaintext, where they may be read', async () => {
    const mixed = itemLine(PLAIN[0]) + LINES[1];
    const reads = tables({ plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' });
    const found = await all(items(file(mixed), {}, reads));
    assert.deepEqual(
      found.map(({ item }) => item),
      PLAIN.slice(0, 2),
    );
    assert.equal((await until(items(file(mixed)))).error.code, 'PLAINTEXT_ITEM');
  });
});

describe('bad lines', () => {
  const with_ = (line) => [...LINES.slice(0, 2), line, ...LINES.slice(2, 4)].join('');
  const tampered = LINES[2].replace('Bern', 'Rome');
  const cases = [
    ['changed', tampered, 'SIGNATURE_MISMATCH'],
    [
      'cut short',
      `${LINES[2].slice(0, 100)}\n`,
      'MALFORMED_DYNAMODB_RESPONSE',
      /line 3 is not JSON/,
    ],
    ['empty', '\n', 'MALFORMED_DYNAMODB_RESPONSE', /line 3/],
    ['not an object', '7\n', 'MALFORMED_DYNAMODB_RESPONSE', /line 3/],
    ['without an item', '{"Items":{}}\n', 'MALFORMED_DYNAMODB_RESPONSE', /line 3 has no Item/],
    ['an item that is a list', '{"Item":[]}\n', 'MALFORMED_DYNAMODB_RESPONSE', /Item of line 3/],
    [
      'of an incremental export',
      '{"Keys":{}}\n',
      'MALFORMED_DYNAMODB_RESPONSE',
      /openExportedChanges/,
    ],
    ['wrong base64', '{"Item":{"ssn":{"B":"?"}}}\n', 'MALFORMED_ATTRIBUTE', /ssn/],
    ['native values', '{"Item":{"ssn":"x"}}\n', 'MALFORMED_ATTRIBUTE', /ssn/],
  ];
  for (const [name, line, code, message = /./] of cases) {
    test(`${name}: named, alone where the iteration settles, the end where not`, async () => {
      const settled = await all(items(file(with_(line)), { settle: true }));
      assert.deepEqual(
        settled.map(({ line, error }) => [line, error?.code]),
        [
          [1, undefined],
          [2, undefined],
          [3, code],
          [4, undefined],
          [5, undefined],
        ],
      );
      assert.equal(settled[2].error.itemIndex, 2);
      assert.match(settled[2].error.message, message);
      const { results, error } = await until(items(file(with_(line))));
      assert.deepEqual([results.length, error.code, error.itemIndex], [2, code, 2]);
    });
  }

  test('a line that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from(LINES[0]), Buffer.from([0x22, 0xff, 0x22, 0x0a])]);
    const { results, error } = await until(items(Readable.from([bytes])));
    assert.equal(results.length, 1);
    assert.match(error.message, /line 2 is not UTF-8/);
  });

  test('no value of a bad line is in its error', async () => {
    const { error } = await until(items(file('{"Item":{"ssn":{"S":"078-05-1120"}')));
    assert.doesNotMatch(JSON.stringify(error) + error.stack, /078-05-1120/);
  });

  test('an export in Amazon Ion says that it is one', async () => {
    const { error } = await until(items(file('$ion_1_0 {Item:{id:"c-1",line:1.}}\n')));
    assert.equal(error.code, 'UNSUPPORTED');
    assert.match(error.message, /Ion.*DYNAMODB_JSON/);
  });

  test('lines that are missing, or too many, by the count', async () => {
    const { results, error } = await until(items(file(FULL), { itemCount: COUNT + 1 }));
    assert.equal(results.length, COUNT);
    assert.match(error.message, /250 lines.*251/);
    const twice = LINES[0] + LINES[0];
    assert.match((await until(items(file(twice), { itemCount: 1 }))).error.message, /2 lines/);
  });
});

describe('bad files', () => {
  const packed = gzipSync(FULL);
  const flipped = (at) => {
    const bytes = Buffer.from(packed);
    bytes[at] ^= 0x10;
    return bytes;
  };
  const damaged = [
    ['cut short', packed.subarray(0, packed.length - 20)],
    ['only a beginning', packed.subarray(0, 5)],
    ['a wrong checksum', flipped(packed.length - 6)],
    ['a wrong length', flipped(packed.length - 2)],
    ['something behind it', Buffer.concat([packed, Buffer.from('more')])],
  ];
  for (const [name, bytes] of damaged) {
    test(`gzip, ${name}`, async () => {
      for (const make of Object.values(FORMS)) {
        const { error } = await until(items(make(bytes), { settle: true }));
        assert.match(error.message, /gzip is damaged or cut short/);
      }
    });
  }

  test('what was read before the damage is given', async () => {
    const { results } = await until(items(Readable.from([packed.subarray(0, packed.length - 9)])));
    assert.ok(results.length > 100, `${results.length} items`);
  });

  test('a line that no item makes is refused, unpacked and as a gzip bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(1 << 26, 'x'));
    const endless = (async function* () {
      for (;;) yield Buffer.alloc(1 << 20, 'x');
    })();
    for (const given of [Readable.from([bomb]), endless]) {
      const { error } = await until(items(given));
      assert.equal(error.code, 'LIMIT_EXCEEDED');
      assert.match(error.message, /line 1 .* 16,777,216 bytes/);
    }
  });

  test('of a long file only what is needed is read', async () => {
    let read = 0;
    const long = new ReadableStream(
      {
        pull(controller) {
          read += 1;
          controller.enqueue(gzipSync(FULL));
        },
      },
      { highWaterMark: 0 },
    );
    for await (const { line } of items(long)) if (line === COUNT) break;
    assert.ok(read < 40, `${read} chunks`);
  });

  test('a stream that fails, and one of something else', async () => {
    const failing = (bytes) =>
      Readable.from(
        (async function* () {
          yield bytes;
          throw new Error('the connection broke');
        })(),
      );
    for (const bytes of [Buffer.from(LINES[0]), packed.subarray(0, 100)])
      await assert.rejects(all(items(failing(bytes))), /the connection broke/);
    const text = Readable.from([LINES[0]]);
    const { error } = await until(items(text));
    assert.match(error.message, /a chunk of the file must be a Uint8Array/);
    for (const other of [undefined, 'a path', Buffer.from(FULL), {}])
      await refused(() => items(other), { code: 'INVALID_ARGUMENT' });
  });

  test('who stops, and a signal, end the stream', async () => {
    const made = () => {
      const seen = { cancelled: false };
      const stream = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from(FULL)),
        cancel: () => void (seen.cancelled = true),
      });
      return { seen, stream };
    };
    const stopped = made();
    for await (const { line } of items(stopped.stream)) if (line === 1) break;
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(stopped.seen.cancelled);

    const aborted = made();
    const stop = new AbortController();
    const iteration = items(aborted.stream, { signal: stop.signal });
    await assert.rejects(async () => {
      for await (const { line } of iteration)
        // The second hundred was read; what comes behind never does.
        if (line === 200) setImmediate(() => stop.abort(new Error('enough')));
    }, /enough/);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(aborted.seen.cancelled);
    const before = { signal: AbortSignal.abort(new Error('enough')) };
    assert.throws(() => items(file(FULL), before), /enough/);
  });

  for (const [what, bytes] of [
    ['a file', Buffer.from(LINES[0])],
    ['a packed file', packed.subarray(0, packed.length - 100)],
  ]) {
    test(`a stream of Node's that hangs in ${what} is ended, too`, async () => {
      const hanging = () => {
        const stream = new Readable({ read() {} });
        stream.push(bytes);
        return stream;
      };
      const aborted = hanging();
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('enough')), 20);
      await assert.rejects(all(items(aborted, { signal: stop.signal })), /enough/);
      assert.ok(aborted.destroyed);
    });
  }

  test('who stops while a packed stream hangs ends it', async () => {
    const stream = new Readable({ read() {} });
    stream.push(packed.subarray(0, packed.length - 100));
    for await (const { line } of items(stream)) if (line === 1) break;
    assert.ok(stream.destroyed);
  });

  test('wrong options', () => {
    const wrong = [
      {},
      { tableName: 'others' },
      { tableName: 7 },
      { tableName, itemCount: -1 },
      { tableName, itemCount: '8' },
      { tableName, settle: 'yes' },
      { tableName, batchSize: 5 },
    ];
    for (const options of wrong) {
      for (const open of [openExportedItems, openExportedChanges])
        assert.throws(() => open(tables(), file(''), options), { code: 'INVALID_ARGUMENT' });
    }
  });
});

describe('incremental exports', () => {
  const CHANGED = { ...ITEM, city: { S: 'Lisbon' } };
  const MICROS = '1680109764000123';
  const change = async (images, more = {}) => {
    const sealed = await encryptor().encryptItems([ITEM, CHANGED]);
    const [OldImage, NewImage] = sealed.map(({ item }) => JSON.parse(toDynamoJson(item)));
    return `${JSON.stringify({
      Metadata: { WriteTimestampMicros: { N: MICROS } },
      Keys: JSON.parse(toDynamoJson(KEY)),
      ...(images.old && { OldImage }),
      ...(images.now && { NewImage }),
      ...more,
    })}\n`;
  };
  const expected = { keys: KEY, writeTime: 1680109764000.123 };

  test('inserted, changed, deleted, and keys alone', async () => {
    const lines = [{ now: 1 }, { old: 1, now: 1 }, { old: 1 }, {}];
    const text = (await Promise.all(lines.map((images) => change(images)))).join('');
    const found = await all(changes(Readable.from([gzipSync(text)]), { itemCount: 4 }));
    assert.deepEqual(found, [
      { line: 1, ...expected, newItem: CHANGED },
      { line: 2, ...expected, oldItem: ITEM, newItem: CHANGED },
      { line: 3, ...expected, oldItem: ITEM },
      { line: 4, ...expected },
    ]);
  });

  const wrong = [
    ['an item of another key', { Keys: { id: ITEM.id, line: { N: '7' } } }, 'RECORD_MISMATCH'],
    ['half of a key', { Keys: { id: ITEM.id } }, 'MALFORMED_DYNAMODB_RESPONSE'],
    ['no keys', { Keys: null }, 'MALFORMED_DYNAMODB_RESPONSE'],
    ['no time', { Metadata: {} }, 'MALFORMED_ATTRIBUTE'],
    ['no metadata', { Metadata: null }, 'MALFORMED_DYNAMODB_RESPONSE'],
    [
      'a time that is none',
      { Metadata: { WriteTimestampMicros: { N: 'x' } } },
      'MALFORMED_DYNAMODB_RESPONSE',
    ],
    ['an image that is not an item', { NewImage: 7 }, 'MALFORMED_DYNAMODB_RESPONSE'],
    ['an image that was changed', { NewImage: { ...KEY, city: { S: 'x' } } }, 'PLAINTEXT_ITEM'],
  ];
  for (const [name, more, code] of wrong) {
    test(`${name}: ${code}`, async () => {
      const { error } = await until(changes(file(await change({ now: 1 }, more))));
      assert.deepEqual([error.code, error.itemIndex], [code, 0]);
    });
  }

  test('a full export says what reads it', async () => {
    const { error } = await until(changes(file(FULL)));
    assert.match(error.message, /line 1 has no Keys: openExportedItems reads items/);
  });
});

describe('manifests', () => {
  const ENTRY = {
    itemCount: 8,
    md5Checksum: 'sQMSpEILNgoQmarvDFonGQ==',
    etag: 'af83d6f217c19b8b0fff8023d8ca4716-1',
    dataFileS3Key: 'AWSDynamoDB/0123-abcd/data/x.json.gz',
  };
  const manifest = (...entries) => file(entries.map((one) => `${JSON.stringify(one)}\n`).join(''));

  test('each file is given', async () => {
    const { md5Checksum: _, etag: __, ...bare } = ENTRY;
    const found = await all(readExportManifest(manifest(ENTRY, { ...bare, itemCount: 0 })));
    assert.deepEqual(found, [ENTRY, { ...bare, itemCount: 0 }]);
  });

  test('what is none, and the summary', async () => {
    const wrong = [
      { ...ENTRY, itemCount: -1 },
      { ...ENTRY, itemCount: '8' },
      { ...ENTRY, dataFileS3Key: '' },
      { version: '2020-06-30', itemCount: 8, outputFormat: 'DYNAMODB_JSON' },
      7,
    ];
    for (const entry of wrong) {
      const { results, error } = await until(readExportManifest(manifest(ENTRY, entry)));
      assert.deepEqual([results.length, error.code], [1, 'MALFORMED_DYNAMODB_RESPONSE']);
      assert.match(error.message, /export manifest: .*line 2/);
    }
    await refused(() => readExportManifest('a path'), { code: 'INVALID_ARGUMENT' });
    await refused(() => readExportManifest(manifest(), { signals: 1 }), {
      code: 'INVALID_ARGUMENT',
    });
  });
});
