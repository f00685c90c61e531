/**
 * What can be said exactly of beacons of a length. A beacon is taken for a random function: each value, in each of its
 * partitions, has one of the 2^length beacons, each with the same probability and independently of the others. Everything
 * is an expectation over these functions, that is, over keys.
 */

import type { Distribution } from './distribution.js';

/** With which probability, at most, a group is smaller than the smallest that is stated. */
const SMALLER = 0.05;
/** What is this much less probable than the most probable is left out. */
const NEGLIGIBLE = 1e-40;
/** So much of a share is not counted. */
const TINY = 1e-12;
/** Of numbers below, the exponential is 0. */
const LOWEST_LOGARITHM = -746;

/** How many different values are behind the beacon of a value, itself included. */
export function expectedGroupSize(population: number, partitions: number, length: number): number {
  return 1 + (population - 1) * hasBeacon(partitions, length);
}

/** The probability that a value has a certain beacon in one of its partitions. */
function hasBeacon(partitions: number, length: number): number {
  return -Math.expm1(partitions * Math.log1p(-(2 ** -length)));
}

/**
 * The largest size such that fewer than 0.05 groups are expected to be smaller: then there is none with a probability of
 * 0.95 at least (Markov's inequality). Behind each of the 2^length beacons is a number of values with a binomial
 * distribution.
 */
export function smallestGroupSize(population: number, partitions: number, length: number): number {
  const p = hasBeacon(partitions, length);
  const odds = p / Math.exp(partitions * Math.log1p(-(2 ** -length)));
  // The probabilities by their ratios, from the most probable one down and up, relative to it.
  const most = Math.min(Math.floor((population + 1) * p), population);
  let total = 0;
  for (let n = most, term = 1; term > NEGLIGIBLE && n < population; n++) {
    term *= ((population - n) / (n + 1)) * odds;
    total += term;
  }
  let lowest = most;
  let term = 1;
  for (; term > NEGLIGIBLE && lowest > 0; lowest--) {
    total += term;
    term *= lowest / (population - lowest + 1) / odds;
  }
  total += term;
  let smaller = 0;
  for (let n = lowest; n < population; n++) {
    if (n > 0) smaller += term;
    if ((2 ** length * smaller) / total > SMALLER) return n;
    term *= ((population - n) / (n + 1)) * odds;
  }
  return population;
}

/**
 * The share of items read in vain, with a query for each value in each partition. A beacon has the items that were asked
 * for; those that the value has in other partitions, where these have the same beacon; and those of the other values.
 */
export function falsePositives(population: number, partitions: number, length: number): number {
  const again = (partitions - 1) / 2 ** length;
  const others = (partitions * (population - 1)) / 2 ** length;
  return others / (1 + again + others);
}

/** How much of which values may be behind a beacon, the most first: in columns, for there may be half a million. */
export interface Amounts {
  /** The share of items. */
  readonly masses: Float64Array;
  /** From how many of the value's partitions it comes. */
  readonly copies: Uint8Array;
  /** How many values there are of which so much may be there. */
  readonly values: Float64Array;
}

/** What the values may have behind one beacon; at every length the same. */
export function amountsOf({ classes }: Distribution, partitions: number): Amounts {
  const massOf = (at: number) => {
    const { share } = classes[Math.floor(at / partitions)]!;
    return (((at % partitions) + 1) * share) / partitions;
  };
  const unsorted = Float64Array.from({ length: classes.length * partitions }, (_, at) =>
    massOf(at),
  );
  const order = Uint32Array.from(unsorted.keys()).sort((a, b) => unsorted[b]! - unsorted[a]!);
  return {
    masses: Float64Array.from(order, (at) => unsorted[at]!),
    copies: Uint8Array.from(order, (at) => (at % partitions) + 1),
    values: Float64Array.from(order, (at) => classes[Math.floor(at / partitions)]!.values),
  };
}

/**
 * The share of items whose value is the most frequent one behind their beacon: the guessing probability where it is known
 * which values these are. It is the expected maximum of independent amounts behind one beacon, times the number of beacons.
 */
export function guessedAtMost(amounts: Amounts, partitions: number, length: number): number {
  const { masses, copies, values } = amounts;
  const lower = logProbabilitiesOfFewer(partitions, length);
  const beacons = 2 ** length;
  let guessed = 0;
  // The logarithm of the probability that no value has more than this amount.
  let noMore = 0;
  for (let i = 0; i < masses.length && noMore > LOWEST_LOGARITHM; i++) {
    const fewer = values[i]! * lower[copies[i]!]!;
    if (fewer * beacons > -TINY) continue;
    guessed += masses[i]! * Math.exp(noMore) * -Math.expm1(fewer);
    noMore += fewer;
  }
  return Math.min(guessed * beacons, 1);
}

/** Of each number of copies, the logarithm of the probability of fewer, where there are at most so many. */
function logProbabilitiesOfFewer(partitions: number, length: number): Float64Array {
  const p = 2 ** -length;
  const logs = new Float64Array(partitions + 1);
  let term = Math.exp(partitions * Math.log1p(-p));
  let upTo = term;
  for (let copies = 1; copies <= partitions; copies++) {
    term *= ((partitions - copies + 1) / copies) * (p / (1 - p));
    upTo += term;
    logs[copies] = Math.log1p(-term / upTo);
  }
  return logs;
}
