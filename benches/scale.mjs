// How the cost grows: with an item's attributes and bytes, with the items of a batch, and with the frames and bytes of a message.
// Printed are the exponents: 1 is in line, 2 with the square. What a call costs at the least makes them smaller than 1.
//
//   make bench-scale              (TURNS=…)

import { loadavg } from 'node:os';

import { EncryptionClient, ItemEncryptor, rawAesKeyring } from '../pkg/entrypoints/index.js';
import { aesKey, sample } from './sample.mjs';
import { inTurns } from './turns.mjs';

const TURNS = Number(process.env.TURNS || 7);
const SAMPLE_MS = 100;

const keyring = rawAesKeyring(aesKey);
const encryptorOf = (table) => new ItemEncryptor({ ...table, keyring });

/** Each dimension: sizes, of which each is four times the one before, and what is done at each. */
const dimensions = {
  'attributes of an item': {
    sizes: [16, 64, 256, 1024],
    runs: async (attributes) => {
      const { item, table } = sample(attributes);
      const encryptor = encryptorOf(table);
      const sealed = (await encryptor.encryptItem(item)).item;
      return { seal: () => encryptor.encryptItem(item), open: () => encryptor.decryptItem(sealed) };
    },
  },
  'bytes of an attribute': {
    sizes: [4096, 16_384, 65_536, 262_144],
    runs: async (bytes) => {
      const { item, table } = sample();
      item.attr00 = { S: 'x'.repeat(bytes) };
      const encryptor = encryptorOf(table);
      const sealed = (await encryptor.encryptItem(item)).item;
      return { seal: () => encryptor.encryptItem(item), open: () => encryptor.decryptItem(sealed) };
    },
  },
  'items of a batch': {
    sizes: [64, 256, 1024, 4096],
    runs: async (count) => {
      const { item, table } = sample();
      const encryptor = encryptorOf(table);
      const items = Array(count).fill(item);
      const sealed = (await encryptor.encryptItems(items)).map((result) => result.item);
      return {
        seal: () => encryptor.encryptItems(items),
        open: () => encryptor.decryptItems(sealed),
      };
    },
  },
  'frames of a message': {
    sizes: [64, 256, 1024, 4096],
    runs: (frames) => message(frames * 1024, 1024),
  },
  'bytes of a message': {
    sizes: [65_536, 262_144, 1_048_576, 4_194_304],
    runs: (bytes) => message(bytes),
  },
};

async function message(bytes, frameLength) {
  const client = new EncryptionClient();
  const plaintext = new Uint8Array(bytes);
  const options = { keyring, frameLength, algorithmSuite: '0478' };
  const { ciphertext } = await client.encrypt(plaintext, options);
  return {
    seal: () => client.encrypt(plaintext, options),
    open: () => client.decrypt(ciphertext, { keyring }),
  };
}

/** The slope of the line through the logarithms. */
function exponent(sizes, times) {
  const points = sizes.map((size, i) => [Math.log(size), Math.log(times[i])]);
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

const load = () =>
  loadavg()
    .map((figure) => figure.toFixed(1))
    .join(', ');
console.log(`minima of ${TURNS} turns, processor time; load before: ${load()}`);
for (const [name, { sizes, runs }] of Object.entries(dimensions)) {
  const prepared = [];
  for (const size of sizes) prepared.push(await runs(size));
  for (const operation of ['seal', 'open']) {
    const times = await inTurns(
      prepared.map((run) => run[operation]),
      TURNS,
      SAMPLE_MS,
    );
    const least = times.map((samples) => Math.min(...samples));
    const columns = sizes.map((size, i) => `${size}: ${(least[i] * 1000).toFixed(0)} µs`);
    const last = exponent(sizes.slice(-2), least.slice(-2));
    console.log(
      `${name}, ${operation}: exponent ${exponent(sizes, least).toFixed(2)}, of the last two ${last.toFixed(2)}   (${columns.join(', ')})`,
    );
  }
}
console.log(`load after: ${load()}`);
