/** The length of a beacon, planned from the values of its column. */

import { usage, wrong } from '../../errors.js';
import { COPY, KEEP, readOptions } from '../../util/options.js';
import { amountsOf, expectedGroupSize, falsePositives } from './closed-forms.js';
import { guessedAtMost, smallestGroupSize } from './closed-forms.js';
import { distributionOf, entropyOf } from './distribution.js';
import { drawPlan } from './draw.js';
import { MAX_PARTITIONS, meetsTarget, recommend, type Figures } from './recommend.js';
import { readSample } from './sample.js';
import { Simulation } from './simulation.js';
import type {
  BeaconLength,
  BeaconPlan,
  BeaconPlanSvgOptions,
  BeaconSample,
  BeaconTarget,
  PlanBeaconOptions,
} from './types.js';

/** The length of a standard beacon is from 1 to this (specification, searchable-encryption/beacons.md). */
const MAX_LENGTH = 63;
const MAX_POPULATION = 1e12;
const MAX_SEED = 2 ** 32 - 1;

/**
 * Plans the length of a standard beacon: says for each length from 1 to 63 bits what queries cost and what is revealed, and
 * recommends one for a target. The shorter a beacon is, the more values share it: the more items queries read in vain, and
 * the less is learned by whoever sees the table.
 *
 * Where `target` has `maxFalsePositives`, the shortest length that meets it all is recommended, which reveals the least;
 * otherwise the longest. Where none does, `length` is `undefined`, and `reason` says what stands against what.
 *
 * Beacons are taken for a random function of the values, as HMAC is to whoever does not have its key. Most figures are exact
 * expectations over keys; the beacon's entropy and frequency analysis are simulated, by a seed, from up to 1,024 beacons of
 * each length. A sample with more than 2,048 different counts is computed with counts that are rounded to so many.
 *
 * The plan looks at one column: beacons on columns that go together (a city and its postcode) reveal more than each alone.
 *
 * A million different values take a second or two. While they are counted they stand in a `Map`; besides, it takes up to 30 MB.
 * At most 10,000,000 entries are read, with at most 4,000,000 different values.
 *
 * @param values - the column's values, one for each item, or pairs of a value and its count
 * @param options - the target, and what the sample does not say
 * @throws UsageError `INVALID_ARGUMENT` for options out of their range, for a sample that cannot be read, is too large, or has
 * fewer than two different values
 *
 * @example
 * ```ts
 * import { planBeacon } from 'fieldseal/tables'
 *
 * const cities = { Bern: 400, Basel: 300, Chur: 120, Olten: 80, Thun: 60, Visp: 40 }
 * const plan = planBeacon(Object.entries(cities), {
 *   target: { maxFalsePositives: 0.8 },
 *   population: 2_000,
 * })
 * console.log(plan.length, plan.lengths[8]?.expectedGroupSize) // → 9 4.904296875
 * ```
 *
 * @example
 * ```ts
 * import { planBeacon } from 'fieldseal/tables'
 *
 * // 10,000 customers, each with a number of their own.
 * const numbers = Array.from({ length: 10_000 }, (_, i) => `C-${i}`)
 * const plan = planBeacon(numbers, { target: { minGroupSize: 10 } })
 * console.log(plan.length) // → 8
 * console.log(plan.toSvg().startsWith('<svg ')) // → true
 *
 * // Both at once cannot be had.
 * const target = { minGroupSize: 10, maxFalsePositives: 0.5 }
 * const { length, reason } = planBeacon(numbers, { target })
 * console.log(length) // → undefined
 * console.log(reason.split(': ')[1]) // → maxFalsePositives 0.5 needs 14 bits or more; minGroupSize 10 needs 8 bits or fewer. Change the target.
 * ```
 */
export function planBeacon(values: BeaconSample, options: PlanBeaconOptions): BeaconPlan {
  const given = readOptions(options, {
    target: COPY,
    population: KEEP,
    numberOfPartitions: KEEP,
    seed: KEEP,
  });
  const target = readTarget(given.target);
  const partitions = whole('numberOfPartitions', given.numberOfPartitions ?? 1, 1, MAX_PARTITIONS);
  const seed = whole('seed', given.seed ?? 0, 0, MAX_SEED);
  const wanted = given.population;
  if (wanted !== undefined) whole('population', wanted, 2, MAX_POPULATION);

  const sample = readSample(values);
  const population = wanted ?? sample.distinctValues;
  if (population < sample.distinctValues) {
    const next =
      'It is the number of different values in the whole table; leave it out where the sample has them all.';
    const message = `population is less than the ${sample.distinctValues} different values of the sample`;
    throw usage('INVALID_ARGUMENT', message, next);
  }

  const distribution = distributionOf(sample, population);
  const simulation = new Simulation(distribution, partitions, seed);
  const amounts = amountsOf(distribution, partitions);
  const lengths = Array.from({ length: MAX_LENGTH }, (_, i): BeaconLength => {
    const length = i + 1;
    const atMost = guessedAtMost(amounts, partitions, length);
    const simulated = simulation.run(length, atMost);
    const figures = {
      length,
      expectedGroupSize: expectedGroupSize(population, partitions, length),
      smallestGroupSize: smallestGroupSize(population, partitions, length),
      falsePositives: falsePositives(population, partitions, length),
      beaconEntropy: simulated.beaconEntropy,
      guessedAtMost: atMost,
      guessedByFrequency: simulated.guessedByFrequency,
    };
    return Object.freeze({ ...figures, meetsTarget: meetsTarget(target, figures) });
  });
  return planOf({
    target,
    items: sample.items,
    distinctValues: sample.distinctValues,
    population,
    numberOfPartitions: partitions,
    seed,
    largestShare: distribution.classes[0]!.share,
    valueEntropy: entropyOf(distribution),
    lengths: Object.freeze(lengths),
  });
}

function planOf(figures: Figures): BeaconPlan {
  const { length, reason, warnings } = recommend(figures);
  const data = { length, reason, warnings: Object.freeze(warnings), ...figures };
  // Not enumerable: the plan can be cloned, sent to another thread and written as JSON.
  const toSvg = (options: BeaconPlanSvgOptions = {}) => drawPlan(plan, options);
  const plan = Object.defineProperty(data, 'toSvg', { value: toSvg }) as typeof data & {
    toSvg: typeof toSvg;
  };
  return Object.freeze(plan);
}

function readTarget(given: unknown): BeaconTarget {
  const names = { maxFalsePositives: KEEP, minGroupSize: KEEP, maxGuessed: KEEP } as const;
  const target = { ...readOptions(given as BeaconTarget, names, 'target') };
  const { maxFalsePositives, minGroupSize, maxGuessed } = target;
  if (maxFalsePositives !== undefined) share('target.maxFalsePositives', maxFalsePositives);
  if (minGroupSize !== undefined) whole('target.minGroupSize', minGroupSize, 2, MAX_POPULATION);
  if (maxGuessed !== undefined) share('target.maxGuessed', maxGuessed);
  if (Object.keys(target).length === 0) {
    const next = 'Give maxFalsePositives, minGroupSize or maxGuessed, or several of them.';
    throw usage('INVALID_ARGUMENT', 'target is empty', next);
  }
  return Object.freeze(target);
}

function share(name: string, value: unknown): void {
  if (typeof value !== 'number') throw wrong(name, 'a number', value);
  if (value > 0 && value < 1) return;
  const next = 'Give a share, such as 0.05 for one in twenty.';
  throw usage('INVALID_ARGUMENT', `${name} must be more than 0 and less than 1`, next);
}

function whole(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw wrong(name, 'a number', value);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const message = `${name} must be a whole number from ${least} to ${most}`;
  throw usage('INVALID_ARGUMENT', message);
}
