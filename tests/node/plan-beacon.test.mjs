// planBeacon: its figures against all functions there are, and against beacons of real HMACs; what it recommends; what it
// refuses. The pictures are in plan-beacon-pictures.test.mjs.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';

import { UsageError } from '../../pkg/errors.js';
import { planBeacon } from '../../pkg/entrypoints/tables.js';
import { refuses } from './support.mjs';

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);
const near = (actual, expected, within, what) =>
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, not ${expected}`);
const target = { maxFalsePositives: 0.5 };
const plan = (counts, options = {}) =>
  planBeacon(
    counts.map((count, i) => [`value ${i}`, count]),
    { target, ...options },
  );
const distinct = (n) => Array.from({ length: n }, (_, i) => `value ${i}`);

/**
 * What a table has whose beacons are given: of each value, that of each partition. Written from the descriptions in types.ts,
 * item by item, and not from the formulas.
 */
function measured(counts, beacons, length) {
  const items = sum(counts);
  const partitions = beacons[0].length;
  const amounts = new Map();
  const totals = new Array(2 ** length).fill(0);
  for (const [value, own] of beacons.entries()) {
    for (const beacon of own) {
      const of = amounts.get(beacon) ?? new Map();
      amounts.set(beacon, of);
      of.set(value, (of.get(value) ?? 0) + counts[value] / items / partitions);
      totals[beacon] += counts[value] / items / partitions;
    }
  }
  const sorted = totals.toSorted((a, b) => a - b);
  const usual = [0, sorted[Math.floor(totals.length / 4)], sorted[Math.floor(totals.length / 2)]];
  const frequencies = [...new Set(counts)];
  const nearest = (mass) => {
    const distance = (count) => Math.abs(count / items / partitions - mass);
    return frequencies.toSorted((a, b) => distance(a) - distance(b))[0];
  };
  const byFrequency = [0, 0, 0];
  let [shared, read, vain, guessed, entropy] = [0, 0, 0, 0, 0];
  for (const [value, own] of beacons.entries()) {
    for (const beacon of own) {
      shared += amounts.get(beacon).size / counts.length / partitions;
      read += totals[beacon];
      vain += totals[beacon] - amounts.get(beacon).get(value);
    }
  }
  for (const [beacon, of] of amounts) {
    guessed += Math.max(...of.values());
    entropy -= totals[beacon] * Math.log2(totals[beacon]);
    for (const [i, taken] of usual.entries()) {
      const named = nearest(totals[beacon] - taken);
      const candidates = counts.filter((count) => count === named).length;
      for (const [value, mass] of of)
        if (counts[value] === named) byFrequency[i] += mass / candidates;
    }
  }
  const smallest = Math.min(...[...amounts.values()].map((of) => of.size));
  return { shared, read, vain, guessed, entropy, byFrequency, smallest };
}

/** The mean of what is measured of many tables, and how the smallest groups are distributed. */
function mean(tables) {
  const meanOf = (read) => sum(tables.map(read)) / tables.length;
  const names = ['shared', 'read', 'vain', 'guessed', 'entropy'];
  const means = names.map((name) => [name, meanOf((table) => table[name])]);
  const byFrequency = Math.max(...[0, 1, 2].map((i) => meanOf((table) => table.byFrequency[i])));
  return {
    ...Object.fromEntries(means),
    byFrequency,
    smallest: tables.map(({ smallest }) => smallest),
  };
}

describe('against every function that there is', () => {
  /** Every way to give `pieces` beacons, as arrays. */
  const functions = (pieces, beacons) =>
    Array.from({ length: beacons ** pieces }, (_, code) =>
      Array.from({ length: pieces }, (_, i) => Math.floor(code / beacons ** i) % beacons),
    );
  for (const [counts, partitions, length] of [
    [[7, 2, 1], 1, 1],
    [[5, 3, 3, 1], 1, 1],
    [[5, 3, 3, 1], 1, 2],
    [[1, 1, 1, 1, 1], 1, 2],
    [[9, 1], 2, 1],
    [[9, 1], 2, 2],
    [[6, 3, 1], 2, 1],
    [[6, 3, 1], 3, 1],
    [[10, 5, 5, 1], 3, 1],
  ]) {
    test(`${counts.join(', ')} in ${partitions} partitions, ${length} bits`, () => {
      const tables = functions(counts.length * partitions, 2 ** length).map((all) =>
        measured(
          counts,
          counts.map((_, i) => all.slice(i * partitions, (i + 1) * partitions)),
          length,
        ),
      );
      const { shared, read, vain, guessed, entropy, smallest } = mean(tables);
      const { lengths, largestShare } = plan(counts, { numberOfPartitions: partitions });
      const figures = lengths[length - 1];
      near(figures.expectedGroupSize, shared, 1e-12, 'expectedGroupSize');
      near(figures.falsePositives, vain / read, 1e-12, 'falsePositives');
      near(figures.guessedAtMost, guessed, 1e-12, 'guessedAtMost');
      near(figures.beaconEntropy, entropy, 0.05, 'beaconEntropy');
      const fewer = smallest.filter((size) => size < figures.smallestGroupSize).length;
      assert.ok(fewer / smallest.length <= 0.05, `${fewer} of ${smallest.length} are smaller`);
      assert.equal(largestShare, counts[0] / sum(counts));
    });
  }
});

describe('against beacons of real HMACs', () => {
  /** As the libraries compute them: the last `length` bits of the first 8 bytes; partitions but 0 are appended. */
  const beaconOf = (key, value, partition, length) => {
    const hmac = createHmac('sha384', key).update(`value ${value}`);
    if (partition > 0) hmac.update(Uint8Array.of(partition));
    return Number(hmac.digest().readBigUInt64BE() & (2n ** BigInt(length) - 1n));
  };
  const halving = Array.from({ length: 40 }, (_, i) => Math.ceil(4000 / (i + 1)));
  const KEYS = 1500;
  for (const [name, counts, partitions, length] of [
    ['even', new Array(40).fill(3), 1, 3],
    ['even, in 4 partitions', new Array(40).fill(3), 4, 4],
    ['one of half', [60, ...new Array(30).fill(2)], 1, 4],
    ['one of half, in 8 partitions', [60, ...new Array(30).fill(2)], 8, 4],
    ['few', [50, 20, 20, 5, 3, 1, 1], 1, 2],
    ['few, long', [50, 20, 20, 5, 3, 1, 1], 1, 9],
    ['by rank', halving, 1, 5],
    ['by rank, in 3 partitions', halving, 3, 5],
    ['by rank, long', halving, 1, 10],
  ]) {
    test(`${name}: ${length} bits`, () => {
      const tables = Array.from({ length: KEYS }, (_, key) => {
        const beacons = counts.map((_, value) =>
          Array.from({ length: partitions }, (_, p) => beaconOf(`key ${key}`, value, p, length)),
        );
        return measured(counts, beacons, length);
      });
      const { shared, read, vain, guessed, entropy, byFrequency, smallest } = mean(tables);
      const { lengths, largestShare } = plan(counts, { numberOfPartitions: partitions });
      const figures = lengths[length - 1];
      near(figures.expectedGroupSize, shared, 0.02 * shared, 'expectedGroupSize');
      near(figures.falsePositives, vain / read, 0.01, 'falsePositives');
      near(figures.guessedAtMost, guessed, 0.01, 'guessedAtMost');
      near(figures.beaconEntropy, entropy, 0.05, 'beaconEntropy');
      const expected = Math.max(Math.min(byFrequency, guessed), largestShare);
      near(figures.guessedByFrequency, expected, 0.03, 'guessedByFrequency');
      const fewer = smallest.filter((size) => size < figures.smallestGroupSize).length;
      assert.ok(fewer / KEYS <= 0.06, `${fewer} of ${KEYS} are smaller`);
    });
  }
});

describe('distributions that are known', () => {
  test('even: the guide of AWS, for 100,000 values', () => {
    const { lengths, valueEntropy, largestShare } = planBeacon(distinct(1000), {
      target,
      population: 100_000,
    });
    near(valueEntropy, Math.log2(100_000), 1e-9, 'valueEntropy');
    near(largestShare, 1e-5, 1e-18, 'largestShare');
    const [of14, of16] = [lengths[13], lengths[15]];
    near(of14.expectedGroupSize, 1 + 99_999 / 2 ** 14, 1e-9, '14 bits');
    near(of16.expectedGroupSize, 1 + 99_999 / 2 ** 16, 1e-9, '16 bits');
    near(of16.falsePositives, 1.5258 / 2.5258, 1e-4, '16 bits');
    // As many beacons as are used, each with one value that is guessed right.
    const used = 2 ** 14 * -Math.expm1(100_000 * Math.log1p(-(2 ** -14)));
    near(of14.guessedAtMost, used / 100_000, 1e-9, 'guessed');
    near(of14.guessedByFrequency, 1e-5, 1e-6, 'by frequency');
  });

  test('even: every beacon of 1 bit has nearly half of the values', () => {
    const [{ smallestGroupSize, expectedGroupSize }] = planBeacon(distinct(10_000), {
      target,
    }).lengths;
    near(expectedGroupSize, 5000.5, 1e-9, 'expected');
    // 1.96 standard deviations: 50 each.
    near(smallestGroupSize, 5000 - 1.96 * 50, 3, 'smallest');
  });

  test('long beacons tell all values apart', () => {
    const { lengths, valueEntropy } = plan([8, 4, 2, 1, 1]);
    const last = lengths.at(-1);
    assert.equal(last.length, 63);
    near(last.expectedGroupSize, 1, 1e-15, 'group');
    near(last.falsePositives, 0, 1e-15, 'false positives');
    near(valueEntropy, 1.875, 1e-12, 'entropy');
    near(last.beaconEntropy, valueEntropy, 1e-9, 'entropy of the beacon');
    near(last.guessedAtMost, 1, 1e-12, 'guessed');
    // The two that are as frequent as each other are told apart by chance.
    near(last.guessedByFrequency, 15 / 16, 1e-9, 'by frequency');
  });

  test('partitions add their entropy, and hide the most frequent value', () => {
    const one = plan([900, 50, 30, 20]);
    const many = plan([900, 50, 30, 20], { numberOfPartitions: 64 });
    near(many.lengths[62].beaconEntropy, one.valueEntropy + 6, 1e-9, 'entropy');
    assert.ok(many.lengths[2].guessedAtMost < one.lengths[2].guessedAtMost - 0.05);
    assert.ok(many.lengths[2].falsePositives > one.lengths[2].falsePositives);
    near(many.lengths[0].guessedAtMost, 0.9, 1e-6, 'guessed');
  });

  for (const [name, counts, options] of [
    ['even', new Array(300).fill(5), {}],
    ['by rank', Array.from({ length: 500 }, (_, i) => Math.ceil(1e5 / (i + 1))), {}],
    ['in partitions', [500, 200, ...new Array(60).fill(4)], { numberOfPartitions: 30 }],
    ['a large population', [500, 200, ...new Array(60).fill(1)], { population: 1e12 }],
    ['more frequencies than are computed with', Array.from({ length: 6000 }, (_, i) => i + 1), {}],
  ]) {
    test(`${name}: the longer a beacon, the fewer false positives, and the more is revealed`, () => {
      const { lengths, valueEntropy, numberOfPartitions, largestShare } = plan(counts, options);
      assert.deepEqual(
        lengths.map(({ length }) => length),
        Array.from({ length: 63 }, (_, i) => i + 1),
      );
      for (const [i, one] of lengths.entries()) {
        const before = lengths[i - 1] ?? one;
        assert.ok(one.falsePositives <= before.falsePositives && one.falsePositives >= 0);
        assert.ok(one.expectedGroupSize <= before.expectedGroupSize && one.expectedGroupSize >= 1);
        assert.ok(one.smallestGroupSize <= before.smallestGroupSize && one.smallestGroupSize >= 1);
        assert.ok(0.95 * one.smallestGroupSize <= one.expectedGroupSize);
        assert.ok(one.guessedAtMost >= before.guessedAtMost - 1e-12 && one.guessedAtMost <= 1);
        assert.ok(one.guessedByFrequency <= one.guessedAtMost);
        assert.ok(one.guessedByFrequency >= largestShare);
        assert.ok(one.beaconEntropy <= valueEntropy + Math.log2(numberOfPartitions) + 1e-6);
        assert.ok(one.beaconEntropy <= one.length && one.beaconEntropy >= 0);
      }
    });
  }
});

describe('the population', () => {
  test('values that are not in the sample are as rare as its rarest', () => {
    const { valueEntropy, largestShare, population, distinctValues, items } = plan([90, 5, 5], {
      population: 12,
    });
    assert.deepEqual([population, distinctValues, items], [12, 3, 100]);
    assert.equal(largestShare, 0.9);
    // 11 values share what two of them have in the sample.
    near(valueEntropy, -0.9 * Math.log2(0.9) - 0.1 * Math.log2(0.1 / 11), 1e-12, 'entropy');
  });

  test('a trillion values', () => {
    const { lengths, length } = planBeacon(distinct(2000), { target, population: 1e12 });
    near(lengths[19].expectedGroupSize, 1 + (1e12 - 1) / 2 ** 20, 1e-3, 'group');
    assert.equal(length, 40);
  });
});

describe('the recommendation', () => {
  test('with false positives: the shortest length that meets all', () => {
    const values = distinct(10_000);
    const { length, reason, lengths } = planBeacon(values, { target: { maxFalsePositives: 0.9 } });
    assert.equal(length, 11);
    assert.ok(lengths[10].falsePositives <= 0.9 && lengths[9].falsePositives > 0.9);
    assert.match(reason, /^11 bits: the shortest length that meets maxFalsePositives 0\.9\. /);
    assert.match(reason, /with 4\.88 others; .* read, 83% are false positives/);
    const both = { maxFalsePositives: 0.98, minGroupSize: 10, maxGuessed: 0.05 };
    const several = planBeacon(values, { target: both });
    assert.equal(several.length, 8);
    assert.deepEqual(
      several.lengths.filter(({ meetsTarget }) => meetsTarget).map(({ length }) => length),
      [8],
    );
    assert.match(several.reason, /maxFalsePositives 0\.98, minGroupSize 10 and maxGuessed 0\.05/);
  });

  test('without: the longest', () => {
    const { length, reason } = planBeacon(distinct(10_000), { target: { maxGuessed: 0.05 } });
    assert.equal(length, 8);
    assert.match(reason, /^8 bits: the longest length that meets maxGuessed 0\.05\. /);
    assert.match(reason, /no beacon has fewer than 19 values behind it/);
  });

  test('no length meets what contradicts itself', () => {
    const both = { maxFalsePositives: 0.5, minGroupSize: 10 };
    const { length, reason, lengths } = planBeacon(distinct(10_000), { target: both });
    assert.equal(length, undefined);
    assert.ok(lengths.every(({ meetsTarget }) => !meetsTarget));
    assert.match(reason, /^No length meets maxFalsePositives 0\.5 and minGroupSize 10: /);
    assert.match(reason, /Positives 0\.5 needs 14 bits or more; minGroupSize 10 needs 8 bits or f/);
  });

  test('no length meets what even the shortest beacon, or the longest, does not', () => {
    const small = plan([5, 3, 2], { target: { minGroupSize: 4, maxGuessed: 0.9 } });
    assert.equal(small.length, undefined);
    assert.match(
      small.reason,
      /minGroupSize 4 cannot be met, for even with 1 bit, .* group has 1;/,
    );
    assert.match(small.reason, /; maxGuessed 0\.9 needs 2 bits or fewer\. Change the target\.$/);
    const all = planBeacon(distinct(10), {
      target: { maxFalsePositives: 1e-12 },
      population: 1e12,
    });
    assert.match(all.reason, /-12: even with 63 bits, less than 0\.01% of what queries read/);
  });

  test('what is most frequent cannot be hidden', () => {
    const counts = [500, ...new Array(500).fill(1)];
    const { length, reason, warnings } = plan(counts, { target: { maxGuessed: 0.4 } });
    assert.equal(length, undefined);
    assert.match(reason, /50\.1% can be guessed, and 50% without any beacon, by naming the most f/);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^The most frequent value has 50% of all items\. No length hides t/);
    assert.match(warnings[0], /Partitions help: 2 of them \(numberOfPartitions\)/);
  });

  test('partitions hide it', () => {
    const counts = [500, ...new Array(500).fill(1)];
    const one = plan(counts, { target: { maxGuessed: 0.6 } });
    const needed = Number(/Partitions help: (\d+) of them/.exec(one.warnings[0])[1]);
    const many = plan(counts, { target: { maxGuessed: 0.6 }, numberOfPartitions: needed });
    assert.ok(many.length >= one.length);
    const [before, after] = [one, many].map(({ lengths }) => lengths[one.length - 1]);
    assert.ok(after.guessedAtMost < before.guessedAtMost);
    assert.ok(after.falsePositives > before.falsePositives);
    // It stands out from the length on at which it has more than a beacon has on average.
    const { warnings } = plan(counts, {
      target: { maxFalsePositives: 0.5 },
      numberOfPartitions: 8,
    });
    assert.match(warnings[0], /From 4 bits on its beacon occurs at least twice as often/);
    const long = plan(counts, { target: { maxFalsePositives: 0.1 } });
    assert.match(long.warnings[0], /not even 254 partitions would hide it; at fewer bits, part/);
  });

  test('even values, and a value that is hidden, have no warning', () => {
    assert.deepEqual(planBeacon(distinct(10_000), { target }).warnings, []);
    const counts = [50, ...new Array(950).fill(1)];
    assert.deepEqual(plan(counts, { target: { maxGuessed: 0.06 } }).warnings, []);
    assert.equal(plan(counts, { target: { maxGuessed: 0.3 } }).warnings.length, 1);
  });

  test('few values, and a sample that is a part, are said to be', () => {
    const { warnings } = plan([3, 3, 3], { population: 5 });
    assert.equal(warnings.length, 2);
    assert.match(warnings[0], /^With only 5 different values, a beacon of 1 bit already lets /);
    assert.match(warnings[1], /^The sample has 3 of 5 values; the others are taken to be as rare/);
  });
});

describe('the plan', () => {
  const values = ['Ada Lovelace', 'Ada Lovelace', 'Grace Hopper', 'Emmy Noether'];

  test('is the same for the same seed, whatever the order and the form of the values', () => {
    const counts = { 'Ada Lovelace': 2, 'Emmy Noether': 1, 'Grace Hopper': 1 };
    const entries = Object.entries(counts);
    const expected = JSON.stringify(planBeacon(values, { target, seed: 7 }));
    for (const same of [
      values.toReversed(),
      new Set(values.map((S) => ({ S }))),
      entries,
      new Map(entries),
      [...entries.slice(1), ['Ada Lovelace', 1], { S: 'Ada Lovelace' }],
      values.values(),
      values.map((value) => new TextEncoder().encode(value)),
      values.map((value) => ({ B: Buffer.from(value) })),
    ]) {
      assert.equal(JSON.stringify(planBeacon(same, { target, seed: 7 })), expected);
    }
  });

  test('a number, a bigint and their attribute values are the same value', () => {
    for (const [same, many] of [
      [[5, 5n, { N: '5' }, '5', 6], 2],
      [[0, -0, { N: '-0.0' }, 1], 2],
      [[{ N: '5' }, { N: '5.0' }, { N: '+0.5e1' }, 0.5, { N: '.50' }], 2],
      [
        [
          1e21,
          10n ** 21n,
          { N: '1e21' },
          { N: '1.234567890123456789010' },
          { N: '1.23456789012345678901' },
        ],
        2,
      ],
      [['', { S: '' }, 'a'], 2],
      [[new Uint8Array([1]), { B: new Uint8Array([1]) }, '\u0001'], 2],
      [[true, false].map(String), 2],
    ]) {
      assert.equal(planBeacon(same, { target }).distinctValues, many);
    }
  });

  test('another seed changes what is simulated, and nothing else', () => {
    const counts = Array.from({ length: 100 }, (_, i) => 200 - i);
    const exact = ({ lengths }) =>
      lengths.map(({ beaconEntropy: _, guessedByFrequency: __, ...others }) => others);
    const simulated = ({ lengths }) =>
      lengths.slice(0, 8).map(({ beaconEntropy }) => beaconEntropy);
    const [first, second] = [plan(counts), plan(counts, { seed: 1 })];
    assert.deepEqual([first.seed, second.seed], [0, 1]);
    assert.deepEqual(exact(first), exact(second));
    assert.notDeepEqual(simulated(first), simulated(second));
    for (const [i, entropy] of simulated(first).entries())
      near(entropy, simulated(second)[i], 0.05, `${i + 1} bits`);
  });

  test('is frozen data that can be cloned', () => {
    const made = planBeacon(values, { target, population: 4 });
    for (const part of [made, made.target, made.lengths, made.lengths[0], made.warnings])
      assert.ok(Object.isFrozen(part));
    const clone = structuredClone(made);
    assert.equal(clone.toSvg, undefined);
    assert.deepEqual(clone, { ...made });
    assert.deepEqual(JSON.parse(JSON.stringify(made)), clone);
  });

  test('has nothing of the values in it', () => {
    const made = planBeacon(values, { target });
    const all = JSON.stringify(made) + made.toSvg();
    for (const word of values.flatMap((value) => value.split(' ')))
      assert.ok(!all.includes(word), word);
  });

  test('does not keep the caller’s target', () => {
    const own = { maxGuessed: 0.9 };
    const made = planBeacon(values, { target: own });
    own.maxGuessed = 0.1;
    assert.deepEqual(made.target, { maxGuessed: 0.9 });
  });
});

describe('refused', () => {
  const good = ['a', 'b'];
  const proxy = (of, handler) => new Proxy(of, handler);
  const throws = () => {
    throw new RangeError('theirs');
  };
  const revoked = (of) => {
    const { proxy, revoke } = Proxy.revocable(of, {});
    revoke();
    return proxy;
  };

  for (const [name, values, message] of [
    ['nothing', undefined, /values must be .* not undefined/],
    ['a string', 'abc', /values must be .* not a string/],
    ['bytes', new Uint8Array(5), /values must be .* not an instance of Uint8Array/],
    ['an object of counts', { a: 1, b: 2 }, /not an object\. .* Object\.entries\(counts\)/],
    ['a function', () => good, /not a function/],
    ['an async iterator', (async function* () {})(), /Read it into an array first/],
    ['an empty sample', [], /the sample is empty\. .* at least two/],
    ['an empty map', new Map(), /the sample is empty/],
    ['one value only', ['a', 'a'], /the sample has one value only/],
    ['one value with a count', new Map([['a', 9]]), /the sample has one value only/],
    ['null among the values', ['a', null], /a value must be .*, not null/],
    [
      'a hole among the values',
      Object.assign(new Array(3), ['a']),
      /a value must be .*, not undefined/,
    ],
    ['a boolean', [true, false], /not a boolean\. .* give a string that stands for it/],
    ['a symbol', [Symbol('a')], /not a symbol/],
    ['NaN', [Number.NaN, 1], /a value must be .*, not a number/],
    ['infinity', [Infinity, 1], /finite number/],
    ['a document', [{ name: 'a' }], /not an object/],
    ['an attribute value with another type', [{ BOOL: true }], /AttributeValue S, N or B/],
    ['an attribute value of two types', [{ S: 'a', N: '1' }], /AttributeValue S, N or B/],
    ['an N that is not a number', [{ N: 'a' }], /AttributeValue S, N or B/],
    ['an S that is not a string', [{ S: 1 }], /AttributeValue S, N or B/],
    ['a B that is not bytes', [{ B: 'AA==' }], /AttributeValue S, N or B/],
    ['an empty object', [{}], /AttributeValue S, N or B/],
    ['a set of values', [new Set(['a'])], /not an instance of Set/],
    ['an array of one', [['a']], /a pair of a value and a count, not of 1/],
    ['an array of three', [['a', 1, 2]], /a pair of a value and a count, not of 3/],
    ['a count of NaN', [['a', Number.NaN]], /a count must be a whole number of at least 1/],
    ['a count of 0', [['a', 0]], /at least 1\. .* option population/],
    ['a negative count', [['a', -3]], /at least 1/],
    ['half a count', [['a', 1.5]], /whole number/],
    ['an infinite count', [['a', Infinity]], /whole number/],
    ['a count that has lost digits', [['a', 2 ** 53]], /whole number/],
    ['a count that is a bigint', [['a', 5n]], /a count must be a number, not a bigint/],
    ['a count that is a string', [['a', '5']], /a count must be a number, not a string/],
    ['no count', [['a', undefined]], /a count must be a number, not undefined/],
    [
      'counts that are too many together',
      [
        ['a', 2 ** 53 - 1],
        ['b', 1],
      ],
      /too large: the counts add up to more than 2\^53 - 1/,
    ],
    ['a revoked proxy', revoked([]), /not an object that cannot be read/],
    ['a revoked proxy in it', ['a', revoked([])], /a value must be|cannot be read/],
    ['a proxy of a map', proxy(new Map([['a', 1]]), {}), /sample's entry 0 cannot be read/],
    ['a proxy whose elements throw', proxy(['a', 'b'], { get: throws }), /cannot be read/],
    ['a pair whose parts throw', [proxy(['a', 1], { get: throws })], /entry 1 cannot be read/],
    [
      'a value whose getter throws',
      [
        {
          get S() {
            return throws();
          },
        },
      ],
      /entry 1 cannot be read/,
    ],
    ['what iterates over no objects', { [Symbol.iterator]: () => 5 }, /entry 0 cannot be read/],
  ]) {
    test(`a sample: ${name}`, () => {
      refuses(() => planBeacon(values, { target }), UsageError, 'INVALID_ARGUMENT', { message });
    });
  }

  test('what the caller’s iterator throws is the cause', () => {
    const values = (function* () {
      yield 'a';
      throws();
    })();
    const error = refuses(() => planBeacon(values, { target }), UsageError, 'INVALID_ARGUMENT');
    assert.match(error.message, /entry 1 cannot be read/);
    assert.ok(error.cause instanceof RangeError);
  });

  test('no value is in an error', () => {
    for (const bad of [['secret', 0], { secret: 'secret' }, ['secret'], { N: 'secret' }]) {
      const error = refuses(() => planBeacon([bad], { target }), UsageError, 'INVALID_ARGUMENT');
      assert.doesNotMatch(JSON.stringify(error) + error.stack.split('\n')[0], /secret/);
    }
  });

  for (const [name, options, message] of [
    ['no options', undefined, /the options must be an object, not undefined/],
    ['no target', {}, /target must be an object, not undefined/],
    ['an empty target', { target: {} }, /target is empty\. Give maxFalsePositives, /],
    ['a target of undefined', { target: { maxGuessed: undefined } }, /target is empty/],
    ['a number as target', { target: 0.5 }, /target must be an object, not a number/],
    [
      'an unknown target',
      { target: { maxGuess: 1 } },
      /'maxGuess' is not known; did you mean 'maxG/,
    ],
    ['an unknown option', { target, partitions: 2 }, /'partitions' is not known/],
    ['false positives of 0', { target: { maxFalsePositives: 0 } }, /more than 0 and less than 1/],
    [
      'false positives of 1',
      { target: { maxFalsePositives: 1 } },
      /target\.maxFalsePositives must/,
    ],
    [
      'false positives in percent',
      { target: { maxFalsePositives: 50 } },
      /0\.05 for one in twenty/,
    ],
    ['false positives of NaN', { target: { maxFalsePositives: Number.NaN } }, /more than 0/],
    ['a string', { target: { maxFalsePositives: '0.5' } }, /must be a number, not a string/],
    ['guessed of 0', { target: { maxGuessed: 0 } }, /target\.maxGuessed must be more than 0/],
    ['guessed of less', { target: { maxGuessed: -0.1 } }, /target\.maxGuessed/],
    ['a bigint', { target: { maxGuessed: 1n } }, /maxGuessed must be a number, not a bigint/],
    ['a group of 1', { target: { minGroupSize: 1 } }, /minGroupSize must be a whole number from 2/],
    ['a group of 2.5', { target: { minGroupSize: 2.5 } }, /whole number from 2/],
    ['a group of null', { target: { minGroupSize: null } }, /must be a number, not null/],
    ['a revoked target', { target: revoked({}) }, /target must be something that can be read/],
    ['a population of 1', { target, population: 1 }, /population must be a whole number from 2/],
    ['a smaller population', { target, population: 2 }, /less than the 3 different values/],
    ['an endless population', { target, population: Infinity }, /to 1000000000000/],
    ['a population of 1e13', { target, population: 1e13 }, /to 1000000000000/],
    ['a population in words', { target, population: '9' }, /population must be a number, not a s/],
    ['no partition', { target, numberOfPartitions: 0 }, /Partitions must be a whole number from 1/],
    [
      '255 partitions, which no table may have',
      { target, numberOfPartitions: 255 },
      /from 1 to 254/,
    ],
    ['NaN partitions', { target, numberOfPartitions: Number.NaN }, /from 1 to 254/],
    ['a negative seed', { target, seed: -1 }, /seed must be a whole number from 0 to 4294967295/],
    ['a seed of 2^32', { target, seed: 2 ** 32 }, /seed must be a whole number/],
    ['a string as seed', { target, seed: 'seed' }, /seed must be a number, not a string/],
  ]) {
    test(`options: ${name}`, () => {
      const run = () => planBeacon(['a', 'b', 'c'], options);
      refuses(run, UsageError, 'INVALID_ARGUMENT', { message });
    });
  }

  test('a sample that does not end', () => {
    let closed = false;
    function* endless() {
      try {
        for (;;) yield 'a';
      } finally {
        closed = true;
      }
    }
    refuses(() => planBeacon(endless(), { target }), UsageError, 'INVALID_ARGUMENT', {
      message: /too large: more than 10000000 entries\. Give a random sample/,
    });
    assert.ok(closed);
  });

  test('values that do not end', () => {
    function* endless() {
      for (let i = 0; ; i++) yield i;
    }
    refuses(() => planBeacon(endless(), { target }), UsageError, 'INVALID_ARGUMENT', {
      message: /too large: more than 4000000 different values\. .* as population/,
    });
  });
});
