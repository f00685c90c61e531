// What both sides do, in Node and in a browser.

export const SIZES = [16, 256, 4096, 65536, 1 << 20, 16 << 20];
export const LABELS = {
  16: '16 B',
  256: '256 B',
  4096: '4 KiB',
  65536: '64 KiB',
  1048576: '1 MiB',
  16777216: '16 MiB',
};

/** Milliseconds that each function runs before it is measured. */
const WARM_UP = 400;

const figures = (values) => ({
  min: Math.min(...values),
  median: values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)],
});

/** Microseconds of one call, over enough calls for the clock. */
async function sample(run, calls) {
  const start = performance.now();
  for (let i = 0; i < calls; i++) await run();
  return ((performance.now() - start) * 1000) / calls;
}

/** Measures several functions in turns: minimum and median of each, in microseconds. */
async function inTurns(runs, size) {
  const turns = size >= 1 << 24 ? 5 : size >= 1 << 20 ? 11 : 25;
  const calls = size >= 1 << 20 ? 1 : size >= 65536 ? 4 : 40;
  const samples = runs.map(() => []);
  // Engines compile anew what has run for a while: both sides are measured after that.
  for (const run of runs) {
    const end = performance.now() + WARM_UP;
    do await sample(run, calls);
    while (performance.now() < end);
  }
  for (let turn = 0; turn < turns; turn++) {
    for (let i = 0; i < runs.length; i++) samples[i].push(await sample(runs[i], calls));
  }
  return samples.map(figures);
}

/** A row for each suite and size; `plain` is a version without any library, for the unsigned suite; `frameLength` is ours. */
export async function compare(fieldseal, official, sizes, plain, frameLength) {
  const rows = [];
  const wrappingKey = crypto.getRandomValues(new Uint8Array(32));
  const names = { keyNamespace: 'namespace', keyName: 'name' };
  const keyring = fieldseal.rawAesKeyring({ ...names, wrappingKey });
  const client = new fieldseal.EncryptionClient();
  const other = await official.client({ ...names, wrappingKey });
  for (const suite of ['0478', '0578']) {
    for (const size of sizes) {
      const text = new Uint8Array(size);
      for (let at = 0; at < size; at += 65536)
        crypto.getRandomValues(text.subarray(at, at + 65536));
      const encryptionContext = { purpose: 'benchmark' };
      const options = { keyring, algorithmSuite: suite, encryptionContext, frameLength };
      const { ciphertext } = await client.encrypt(text, options);
      // Each opens the other's, or the figures mean nothing.
      const theirs = await other.encrypt(text, suite, encryptionContext);
      const opened = (await client.decrypt(theirs, { keyring })).plaintext;
      if (!same(opened, text) || !same(await other.decrypt(ciphertext), text))
        throw new Error('no interop');

      const encrypts = [
        () => client.encrypt(text, options),
        () => other.encrypt(text, suite, encryptionContext),
      ];
      const decrypts = [
        () => client.decrypt(ciphertext, { keyring }),
        () => other.decrypt(ciphertext),
      ];
      let alone;
      if (plain && suite === '0478') {
        const sealed = plain.encrypt(text, wrappingKey);
        if (!same(plain.decrypt(sealed, wrappingKey), text))
          throw new Error('the plain version is wrong');
        encrypts.push(() => plain.encrypt(text, wrappingKey));
        decrypts.push(() => plain.decrypt(sealed, wrappingKey));
      }
      const e = await inTurns(encrypts, size);
      const d = await inTurns(decrypts, size);
      if (e.length > 2) alone = { encrypt: e[2], decrypt: d[2] };
      rows.push({
        suite,
        size,
        encrypt: { ours: e[0], theirs: e[1] },
        decrypt: { ours: d[0], theirs: d[1] },
        alone,
      });
    }
  }
  return rows;
}

function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
