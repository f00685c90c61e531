// Time, size and number: what a request may cost, whatever the endpoint or a function of the caller's does.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';

// Internal: linear memory, and how requests are sent.
import { core } from '../../pkg/core/core.js';
import { sender } from '../../pkg/host/http.js';
import { until } from '../support/until.mjs';
import { clientOf, refused, serverOf } from './support.mjs';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000';
const PLAINTEXT = new Uint8Array(32).fill(1);
const ANSWER = JSON.stringify({
  KeyId: ARN,
  CiphertextBlob: 'AQID',
  Plaintext: Buffer.from(PLAINTEXT).toString('base64'),
});
const MIB = 1 << 20;
const ENDPOINT = { url: 'http://127.0.0.1:1' };

const utf8 = (text) => new TextEncoder().encode(text);
const dataKey = (client) => client.generateDataKey({ keyId: ARN, keySpec: 'AES_256' });
const forever = () => new Promise(() => {});
const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** A response whose body comes from `source`, as the Streams standard has it. */
const streamed = (source, init) => new Response(new ReadableStream(source), init);

/** A server that writes as much as it is let, until the connection closes. */
async function endless(t, status) {
  const state = { written: 0, open: 0 };
  const { url, requests } = await serverOf(t, (request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    state.open += 1;
    response.on('close', () => (state.open -= 1));
    const chunk = Buffer.alloc(65_536, ' ');
    const more = () => {
      while (!response.destroyed && response.write(chunk)) state.written += chunk.length;
      response.once('drain', more);
    };
    more();
  });
  return { url, requests, state };
}

describe('size', () => {
  const TOO_LONG = { code: 'MALFORMED_KMS_RESPONSE', message: /more than 1 MiB/ };

  test('1 MiB is read, one byte more is not', async (t) => {
    let length;
    const { url } = await serverOf(t, (request, response) => response.end(ANSWER.padEnd(length)));
    const client = clientOf({ url });
    for (length of [0, MIB - 1, MIB]) {
      assert.deepEqual((await dataKey(client)).plaintext, PLAINTEXT);
    }
    length = MIB + 1;
    await refused(dataKey(client), TOO_LONG);
  });

  test('an answer without end is left at the limit, and not asked for again', async (t) => {
    const { url, requests, state } = await endless(t, 200);
    await refused(dataKey(clientOf({ url })), TOO_LONG);
    await until('the end of the connection', () => state.open === 0);
    assert.equal(requests.length, 1);
    // What the buffers on the way hold.
    assert.ok(state.written < 64 * MIB, `${state.written} bytes were written`);
  });

  test('an error page without end has its status, and is asked for again', async (t) => {
    const { url, requests, state } = await endless(t, 503);
    await refused(dataKey(clientOf({ url }, { maxAttempts: 2 })), {
      code: 'KMS_FAILED',
      status: 503,
      attempts: 2,
      message: /HTTP status 503 with more than 1 MiB of 'text\/html'/,
    });
    await until('the end of the connection', () => state.open === 0);
    assert.equal(requests.length, 2);
  });

  test('1 GiB in gzip costs what the limit costs', async (t) => {
    // A gzip file may have many members.
    const bomb = Buffer.concat(Array(1024).fill(gzipSync(Buffer.alloc(MIB, ' '))));
    assert.ok(bomb.length < 2 * MIB);
    const { url } = await serverOf(t, (request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const client = clientOf({ url });
    const most = () => process.resourceUsage().maxRSS / 1024;
    const [before, memory] = [most(), core().memory.length];
    await refused(dataKey(client), TOO_LONG);
    const growth = most() - before;
    t.diagnostic(`the process grew by ${growth.toFixed(1)} MiB`);
    assert.ok(growth < 64, `the process grew by ${growth} MiB`);
    assert.equal(core().memory.length, memory);
  });

  test('a Content-Length of more than comes', async (t) => {
    const { url } = await serverOf(t, (request, response) => {
      response.writeHead(200, { 'content-length': 10_000_000 });
      response.write(ANSWER, () => response.socket.end());
    });
    await refused(dataKey(clientOf({ url }, { maxAttempts: 2 })), {
      code: 'KMS_UNREACHABLE',
      attempts: 2,
    });
  });

  test('a Content-Length of less than comes', async (t) => {
    const { url } = await serverOf(t, (request, response) => {
      response.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n${ANSWER}`);
    });
    await refused(dataKey(clientOf({ url })), { code: 'MALFORMED_KMS_RESPONSE' });
  });

  test('a body of nothing but empty chunks, which leaves no other work its turn', async () => {
    const pull = (controller) => controller.enqueue(new Uint8Array());
    const fetch = async () => streamed({ pull });
    const failed = dataKey(clientOf(ENDPOINT, { fetch, maxAttempts: 1 }));
    await refused(failed, { code: 'KMS_UNREACHABLE', message: /the body never comes/ });
    // Some of them are none of anybody's business.
    let chunks = 0;
    const some = (controller) => {
      if (chunks++ < 500) return controller.enqueue(new Uint8Array());
      controller.enqueue(utf8(ANSWER));
      controller.close();
    };
    const late = clientOf(ENDPOINT, {
      fetch: async () => streamed({ pull: some }),
      maxAttempts: 1,
    });
    assert.deepEqual((await dataKey(late)).plaintext, PLAINTEXT);
  });

  test('a body that cannot be cancelled is read all the same', async () => {
    for (const cancel of [
      () => undefined,
      () => {
        throw new Error('no');
      },
      async () => {
        throw new Error('no');
      },
      undefined,
    ]) {
      const chunks = [utf8(ANSWER)];
      const read = async () => ({ done: chunks.length === 0, value: chunks.pop() });
      const body = { getReader: () => ({ read, cancel }) };
      const fetch = async () => ({ status: 200, headers: new Headers(), body });
      const kms = clientOf(ENDPOINT, { fetch, maxAttempts: 1 });
      assert.deepEqual((await dataKey(kms)).plaintext, PLAINTEXT);
    }
  });

  test('a connection that is reset in the middle of the body', async (t) => {
    const { url, requests } = await serverOf(t, (request, response) => {
      if (requests.length > 1) return response.end(ANSWER);
      response.write(ANSWER.slice(0, 50), () => response.socket.resetAndDestroy());
    });
    assert.deepEqual((await dataKey(clientOf({ url }))).plaintext, PLAINTEXT);
    assert.equal(requests.length, 2);
  });
});

describe('time', () => {
  const LATE = { code: 'KMS_TIMED_OUT', message: /no response within 100 ms/ };
  const impatient = (kms, options) => clientOf(kms, { timeoutMs: 100, maxAttempts: 2, ...options });

  for (const [what, answer] of [
    ['silence', () => {}],
    ['headers, then silence', (response) => response.flushHeaders()],
    ['half a body, then silence', (response) => response.write(ANSWER.slice(0, 50))],
    [
      'a byte now and then',
      (response) => {
        const drip = setInterval(() => response.write(' '), 5);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ]) {
    test(`${what}, with garbage collections meanwhile`, async (t) => {
      const open = new Set();
      const { url, requests } = await serverOf(t, (request, response) => {
        open.add(response);
        response.on('close', () => open.delete(response));
        answer(response);
      });
      setFlagsFromString('--expose-gc');
      const collecting = setInterval(runInNewContext('gc'), 50);
      t.after(() => clearInterval(collecting));
      // Time enough for the requests to arrive.
      const client = clientOf({ url }, { timeoutMs: 1000, maxAttempts: 1 });
      const late = { code: 'KMS_TIMED_OUT', message: /no response within 1000 ms/ };
      await Promise.all(Array.from({ length: 20 }, () => refused(dataKey(client), late)));
      assert.ok(requests.length > 0);
      await until('the end of the connections', () => open.size === 0);
    });
  }

  test('a fetch that ignores its signal', async () => {
    const signals = [];
    const before = timers();
    const fetch = (url, { signal }) => {
      signals.push(signal);
      return forever();
    };
    await refused(dataKey(impatient(ENDPOINT, { fetch })), { ...LATE, attempts: 2 });
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [true, true],
    );
    await until('the end of the timers', () => timers() <= before);
  });

  for (const [what, late] of [
    ['a response', (cancel) => streamed({ cancel })],
    [
      'a response that cannot be cancelled',
      (cancel) => streamed({ cancel: () => (cancel(), Promise.reject(new Error('no'))) }),
    ],
    ['an error', (cancel) => (cancel(), Promise.reject(new Error('late')))],
    ['nothing', (cancel) => void cancel()],
  ]) {
    test(`a fetch that gives ${what} when its time is over`, async (t) => {
      const unhandled = t.mock.fn();
      process.on('unhandledRejection', unhandled);
      const cancelled = t.mock.fn();
      const fetch = (url, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => setTimeout(() => resolve(late(cancelled)), 20));
        });
      await refused(dataKey(impatient(ENDPOINT, { fetch })), { ...LATE, attempts: 2 });
      await until('the cancellations', () => cancelled.mock.callCount() === 2);
      await pause(10);
      process.off('unhandledRejection', unhandled);
      assert.equal(unhandled.mock.callCount(), 0);
    });
  }

  for (const [what, response] of [
    ['a body that never comes', (cancel) => streamed({ cancel })],
    [
      'a body that never comes and cannot be cancelled',
      (cancel) => streamed({ cancel: () => (cancel(), forever()) }),
    ],
    [
      'a body that is no stream and never comes',
      (cancel) => ({ status: 200, headers: [], arrayBuffer: () => (cancel(), forever()) }),
    ],
  ]) {
    test(`a fetch that gives ${what}`, async (t) => {
      const cancelled = t.mock.fn();
      const client = impatient(ENDPOINT, { fetch: async () => response(cancelled) });
      await refused(dataKey(client), { ...LATE, attempts: 2 });
      await until('the cancellations', () => cancelled.mock.callCount() === 2);
    });
  }

  test('limits that a timer cannot hold', async (t) => {
    const { url } = await serverOf(t, (request, response) => {
      setTimeout(() => response.end(ANSWER), 20);
    });
    for (const timeoutMs of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      const client = clientOf({ url }, { timeoutMs, maxAttempts: 1 });
      assert.deepEqual((await dataKey(client)).plaintext, PLAINTEXT);
    }
  });
});

describe('headers of a response', () => {
  test('a million of them cost nothing, and those that count are read', async () => {
    const headers = [
      ...Array.from({ length: 1_000_000 }, (_, i) => [`x-junk-${i}`, 'x'.repeat(8)]),
      ...Array.from({ length: 1_000 }, (_, i) => [`x-amz-junk-${i}`, 'x'.repeat(100_000)]),
    ];
    headers.unshift(['X-Amzn-RequestId', 'the-id']);
    const response = () => ({
      status: 400,
      headers,
      body: {},
      arrayBuffer: async () => utf8('{"__type":"DisabledException"}').buffer,
    });
    const client = clientOf(ENDPOINT, { fetch: async () => response(), maxAttempts: 1 });
    await refused(dataKey(client), { code: 'KMS_KEY_DISABLED', requestId: 'the-id' });
  });
});

describe('what is too large for any KMS', () => {
  const unsent = () => clientOf(ENDPOINT, { fetch: async () => assert.fail('it was sent') });
  const keyId = 'alias/a';
  const limited = (call, name) =>
    refused(call, {
      code: 'LIMIT_EXCEEDED',
      message: new RegExp(`${name}: \\d+, at most 1048576`),
    });

  test('bytes', async () => {
    // As large as an allocation may be on most hosts, and never touched.
    const huge = new Uint8Array(2 ** 31);
    await limited(unsent().decrypt({ ciphertextBlob: huge }), 'Decrypt: ciphertextBlob');
    await limited(unsent().encrypt({ keyId, plaintext: huge }), 'Encrypt: plaintext');
    // The core is as it was.
    await refused(unsent().encrypt({ keyId, plaintext: new Uint8Array(5000) }), {
      code: 'LIMIT_EXCEEDED',
      message: /envelope encryption/,
    });
  });

  test('lists, contexts and strings', async () => {
    const grantTokens = new Array(4e7);
    await limited(unsent().describeKey({ keyId, grantTokens }), 'DescribeKey: grantTokens');
    await limited(unsent().tagResource({ keyId, tags: grantTokens }), 'TagResource: tags');
    const long = 'x'.repeat(2 ** 20 + 1);
    await limited(unsent().putKeyPolicy({ keyId, policy: long }), 'PutKeyPolicy: policy');
    await limited(unsent().describeKey({ keyId: long }), 'DescribeKey: keyId');
    await limited(
      unsent().describeKey({ keyId, grantTokens: [long] }),
      'DescribeKey: grantTokens\\[0\\]',
    );
    const entries = Array.from({ length: 2 ** 20 + 1 }, (_, i) => [i, '']);
    const encryptionContext = Object.fromEntries(entries);
    await limited(
      unsent().decrypt({ ciphertextBlob: utf8('x'), encryptionContext }),
      'Decrypt: encryptionContext',
    );
  });
});

describe('a fetch of one’s own', () => {
  const answering = (response) =>
    clientOf(ENDPOINT, { fetch: async () => response(), maxAttempts: 1 });

  test('a body whose buffer its maker takes away is read before, or missing', async () => {
    const outcomes = new Set();
    for (let turns = 0; turns < 12; turns++) {
      const takenAway = () => {
        const { buffer } = utf8(ANSWER);
        const later = async () => {
          for (let i = 0; i < turns; i++) await undefined;
          structuredClone(buffer, { transfer: [buffer] });
        };
        const arrayBuffer = async () => (void later(), buffer);
        return { status: 200, headers: [], body: {}, arrayBuffer };
      };
      const call = dataKey(answering(takenAway));
      outcomes.add(
        await call.then(
          () => 'OK',
          ({ code }) => code,
        ),
      );
    }
    assert.deepEqual([...outcomes].sort(), ['KMS_UNREACHABLE', 'OK']);
  });

  for (const [what, response] of [
    ['a plain Response', () => new Response(ANSWER)],
    ['a Response of a Blob', () => new Response(new Blob([ANSWER]))],
    [
      'a response whose body is no web stream',
      () => ({ status: 200, headers: [], body: {}, arrayBuffer: async () => utf8(ANSWER).buffer }),
    ],
    [
      'bytes one by one',
      () =>
        streamed({
          start: (to) => (utf8(ANSWER).forEach((b) => to.enqueue(Uint8Array.of(b))), to.close()),
        }),
    ],
    [
      // Of a `fetch` that reads a protocol of its own.
      'DataViews and arrays of words',
      () => {
        const bytes = utf8(ANSWER.padEnd(4 * Math.ceil(ANSWER.length / 4)));
        const half = 4 * Math.floor(bytes.length / 8);
        const [a, b] = [bytes.slice(0, half), bytes.slice(half)];
        return streamed({
          start: (to) => {
            to.enqueue(new DataView(a.buffer));
            to.enqueue(new Uint32Array(b.buffer));
            to.close();
          },
        });
      },
    ],
    [
      'empty chunks',
      () => {
        const chunks = [utf8(''), utf8(ANSWER), utf8('')];
        return streamed({
          pull: (to) => (chunks.length ? to.enqueue(chunks.shift()) : to.close()),
        });
      },
    ],
  ]) {
    test(`that gives ${what}`, async () => {
      assert.deepEqual((await dataKey(answering(response))).plaintext, PLAINTEXT);
    });
  }

  for (const [what, response, expected] of [
    [
      'text for bytes',
      () => streamed({ pull: (to) => to.enqueue(ANSWER) }),
      { code: 'KMS_UNREACHABLE', message: /the body of the response is not bytes/ },
    ],
    [
      'a body that fails',
      () => streamed({ pull: () => Promise.reject(new Error('torn')) }),
      { code: 'KMS_UNREACHABLE', message: /torn/ },
    ],
    [
      'a body that was read already',
      () => {
        const used = new Response(ANSWER);
        used.body.getReader();
        return used;
      },
      { code: 'KMS_UNREACHABLE' },
    ],
    ['no body', () => new Response(null), { code: 'MALFORMED_KMS_RESPONSE' }],
    [
      'too long a body that is no web stream',
      () => ({ status: 200, headers: [], arrayBuffer: async () => new ArrayBuffer(2 * MIB) }),
      { code: 'MALFORMED_KMS_RESPONSE', message: /more than 1 MiB/ },
    ],
  ]) {
    test(`that gives ${what}`, () => refused(dataKey(answering(response)), expected));
  }

  for (const [what, text, end, code] of [
    ['an answer', ANSWER, (to) => to.close()],
    ['a broken answer', ANSWER, (to) => to.error(new Error('torn')), 'KMS_UNREACHABLE'],
    ['too long an answer', ANSWER.padEnd(MIB + 10), (to) => to.close(), 'MALFORMED_KMS_RESPONSE'],
  ]) {
    test(`has the pieces of ${what} wiped`, async () => {
      const pieces = [utf8(text.slice(0, 100)), utf8(text.slice(100))];
      const left = [...pieces];
      const pull = (to) => (left.length ? to.enqueue(left.shift()) : end(to));
      const calling = dataKey(answering(() => streamed({ pull })));
      await (code ? refused(calling, { code }) : calling);
      for (const piece of pieces) assert.ok(piece.every((byte) => byte === 0));
    });
  }
});

describe('number', () => {
  /** A fetch that answers when it is told to. */
  function held() {
    const calls = [];
    const state = { calls, now: 0, most: 0 };
    const fetch = (url, { body, signal }) => {
      state.most = Math.max(state.most, ++state.now);
      return new Promise((resolve, reject) => {
        const end = (settle) => (value) => (state.now--, settle(value));
        const call = { text: new TextDecoder().decode(body), signal };
        call.answer = end(() => resolve(new Response(ANSWER)));
        call.fail = end(reject);
        signal.addEventListener('abort', () => call.fail(signal.reason));
        calls.push(call);
      });
    };
    return { fetch, ...state, state };
  }

  for (const [options, most] of [
    [{}, 50],
    [{ maxConcurrentRequests: 1 }, 1],
    [{ maxConcurrentRequests: 7 }, 7],
    [{ maxConcurrentRequests: 1000 }, 120],
  ]) {
    test(`${most} of 120 at once with ${JSON.stringify(options)}, in order`, async () => {
      const { fetch, state } = held();
      const client = clientOf(ENDPOINT, { fetch, ...options });
      const calling = Array.from({ length: 120 }, (_, i) =>
        client.generateDataKey({
          keyId: ARN,
          keySpec: 'AES_256',
          encryptionContext: { number: `${i}.` },
        }),
      );
      for (let i = 0; i < 120; i++) {
        await until('the next request', () => state.calls.length > i);
        assert.ok(state.calls[i].text.includes(`"${i}."`));
        state.calls[i].answer();
      }
      await Promise.all(calling);
      assert.equal(state.most, most);
    });
  }

  test('the wait counts, and what was not sent in time says so', async (t) => {
    // Three requests that are late at the same moment, whatever the machine does meanwhile.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { fetch, state } = held();
    const options = { fetch, timeoutMs: 100, maxAttempts: 1, maxConcurrentRequests: 1 };
    const seen = [];
    const client = clientOf(ENDPOINT, {
      ...options,
      onEvent: (event) => seen.push(event.attempts),
    });
    const late = (attempts, message) =>
      refused(dataKey(client), { code: 'KMS_TIMED_OUT', attempts, message });
    const calls = [
      late(1, /no response within/),
      late(0, /not sent within/),
      late(0, /not sent within/),
    ];
    while (state.calls.length === 0) await new Promise(setImmediate);
    for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
    t.mock.timers.tick(100);
    await Promise.all(calls);
    assert.equal(state.calls.length, 1);
    assert.deepEqual(seen.sort(), [0, 0, 1]);
  });

  test('the place is given back, however a request ends', async () => {
    const ends = [
      () => {
        throw new Error('at once');
      },
      () => Promise.reject(new Error('no')),
      forever,
      async () => streamed({}),
      async () => streamed({ pull: (to) => to.enqueue('text') }),
      async () => undefined,
      async () => new Response('nonsense'),
      async () => new Response(' '.repeat(2 * MIB)),
    ];
    let end;
    const client = clientOf(ENDPOINT, {
      fetch: () => end(),
      timeoutMs: 50,
      maxAttempts: 1,
      maxConcurrentRequests: 2,
    });
    for (end of ends) {
      await Promise.all([1, 2, 3, 4, 5].map(() => assert.rejects(dataKey(client))));
    }
    end = async () => new Response(ANSWER);
    await Promise.all([1, 2, 3, 4, 5].map(() => dataKey(client)));
  });

  for (const wrong of [0, -1, 1.5, NaN, Infinity, 2 ** 32, '5', null, {}]) {
    test(`maxConcurrentRequests: ${typeof wrong} ${wrong}`, () =>
      refused(() => clientOf(ENDPOINT, { maxConcurrentRequests: wrong }), {
        code: 'INVALID_ARGUMENT',
        message: /maxConcurrentRequests/,
      }));
  }

  test('a call that is aborted tells its fetch, or leaves the queue', async () => {
    const { fetch, state } = held();
    const client = clientOf(ENDPOINT, { fetch, maxConcurrentRequests: 1 });
    const request = { keyId: ARN, keySpec: 'AES_256' };
    const leaving = new AbortController();
    const { signal } = leaving;
    const gone = [1, 2, 3].map(() => client.generateDataKey(request, { signal }));
    const stays = client.generateDataKey(request);
    await until('the request', () => state.calls.length === 1);
    const reason = new Error('no longer');
    leaving.abort(reason);
    for (const end of await Promise.allSettled(gone)) assert.equal(end.reason, reason);
    await until('the next request', () => state.calls.length === 2);
    assert.deepEqual(
      state.calls.map((call) => call.signal.aborted),
      [true, false],
    );
    state.calls[1].answer();
    assert.deepEqual((await stays).plaintext, PLAINTEXT);
  });

  describe('a request that nobody waits for any more', () => {
    const request = () => ({
      url: ENDPOINT.url,
      headers: [],
      body: utf8('plaintext'),
      timeoutMs: 60_000,
      maxResponseBytes: 1000,
    });
    const GONE = new Error('nobody waits');

    test('in flight: its fetch is told, its place is given back', async () => {
      const { fetch, state } = held();
      const before = timers();
      const send = sender(fetch, 1);
      const leaving = new AbortController();
      const [first, second] = [request(), request()];
      const sending = send(first, leaving.signal);
      const next = send(second);
      leaving.abort(GONE);
      await assert.rejects(sending, { timedOut: false, reason: 'nobody waits' });
      await until('the next request', () => state.calls.length === 2);
      assert.equal(state.calls[0].signal.aborted, true);
      state.calls[1].answer();
      assert.equal((await next).status, 200);
      for (const { body } of [first, second]) assert.ok(body.every((byte) => byte === 0));
      assert.ok(timers() <= before);
    });

    test('in flight, with a fetch that does not care', async () => {
      let resolve;
      const send = sender(() => new Promise((r) => (resolve = r)), 1);
      const leaving = new AbortController();
      const sending = send(request(), leaving.signal);
      await until('the request', () => resolve);
      leaving.abort(GONE);
      await assert.rejects(sending);
      // Its answer comes late: what it holds is wiped.
      const bytes = utf8(ANSWER);
      resolve({ status: 200, headers: [], arrayBuffer: async () => bytes.buffer });
      await until('the wiping', () => bytes.every((byte) => byte === 0));
    });

    test('in the queue: it leaves, and others pass', async () => {
      const { fetch, state } = held();
      const before = timers();
      const send = sender(fetch, 1);
      const leaving = new AbortController();
      const first = send(request());
      const gone = [1, 2, 3].map(() => send(request(), leaving.signal));
      const last = send(request());
      leaving.abort(GONE);
      for (const { reason } of await Promise.allSettled(gone)) {
        assert.deepEqual(reason, { timedOut: false, waited: true, reason: 'nobody waits' });
      }
      state.calls[0].answer();
      await first;
      await until('the last request', () => state.calls.length === 2);
      state.calls[1].answer();
      await last;
      assert.equal(state.calls.length, 2);
      assert.ok(timers() <= before);
    });

    test('before it was sent: nothing is sent', async () => {
      const { fetch, state } = held();
      const send = sender(fetch, 1);
      await assert.rejects(send(request(), AbortSignal.abort(GONE)), { reason: 'nobody waits' });
      assert.equal(state.calls.length, 0);
      const next = send(request());
      await until('the next request', () => state.calls.length === 1);
      state.calls[0].answer();
      await next;
    });
  });
});

describe('credentials', () => {
  test('that never come', async (t) => {
    const asked = t.mock.fn(forever);
    const options = { credentials: asked, timeoutMs: 50, maxAttempts: 3 };
    const client = clientOf({ ...ENDPOINT, region: 'us-east-1' }, options);
    const before = timers();
    const expected = {
      code: 'KMS_CREDENTIALS',
      message: /the function credentials did not answer within 50 ms/,
    };
    await Promise.all([1, 2, 3].map(() => refused(dataKey(client), expected)));
    assert.equal(asked.mock.callCount(), 1, 'calls share them');
    await refused(dataKey(client), expected);
    assert.equal(asked.mock.callCount(), 2);
    assert.ok(timers() <= before);
  });
});
