/**
 * What has no closed form: the entropy of beacons, and what frequency analysis finds. Both are sums over values, of what
 * else is behind the beacon of a value; that is drawn at random, by a seed.
 */

import type { Distribution } from './distribution.js';
import { SeededRandom } from './random.js';

/** How many beacons are drawn for each length: as many as this divided by the number of classes, within the limits. */
const WORK = 2 ** 18;
const [FEWEST, MOST] = [128, 1024];
/** Where values share a beacon more rarely, none do. */
const NEVER = 1e-9;

export interface Simulated {
  readonly beaconEntropy: number;
  readonly guessedByFrequency: number;
}

/** Beacons that were drawn, each with what is behind it. */
interface Beacons {
  /** The probability that nothing is; those that were drawn have something. */
  readonly empty: number;
  /** The share of all items that each has. */
  readonly masses: Float64Array;
  /** One after the other, how many of each class's values, in any partition, each has. */
  readonly counts: Float64Array;
}

export class Simulation {
  readonly #random: SeededRandom;
  /** Of each class: the share of items of one value in one partition, how many of these there are, and those before it. */
  readonly #masses: Float64Array;
  readonly #pieces: Float64Array;
  readonly #before: Float64Array;
  /** Of each class, the share of items that is guessed right where its frequency is recognized. */
  readonly #recognized: Float64Array;
  readonly #largestShare: number;

  constructor({ classes }: Distribution, partitions: number, seed: number) {
    this.#random = new SeededRandom(seed);
    this.#masses = Float64Array.from(classes, ({ share }) => share / partitions);
    this.#pieces = Float64Array.from(classes, ({ values }) => values * partitions);
    let before = 0;
    this.#before = Float64Array.from([0, ...this.#pieces], (pieces) => (before += pieces));
    // Who recognizes a frequency names one of the values that have it. Frequencies that were rounded are told apart.
    this.#recognized = Float64Array.from(classes, ({ share, frequencies }) => share * frequencies);
    this.#largestShare = classes[0]!.share;
  }

  /** `atMost`: what nobody guesses more of. */
  run(length: number, atMost: number): Simulated {
    const beacons = this.#draw(length);
    const usual = usualMasses(beacons);
    const guessed = usual.map((one) => this.#guessed(beacons, one));
    return {
      beaconEntropy: Math.min(Math.max(this.#entropy(beacons), 0), length),
      guessedByFrequency: Math.max(Math.min(Math.max(...guessed), atMost), this.#largestShare),
    };
  }

  #entropy(beacons: Beacons): number {
    let entropy = 0;
    for (let i = 0; i < this.#masses.length; i++) {
      const logarithm = this.#mean(beacons, i, Math.log2);
      entropy -= this.#pieces[i]! * this.#masses[i]! * logarithm;
    }
    return entropy;
  }

  /** The share of items guessed right where so much is taken off each beacon. */
  #guessed(beacons: Beacons, usual: number): number {
    let guessed = 0;
    for (let i = 0; i < this.#masses.length; i++) {
      const isGuessed = (mass: number) => this.#isGuessed(i, mass - usual);
      guessed += this.#recognized[i]! * this.#mean(beacons, i, isGuessed);
    }
    return guessed;
  }

  /** The mean of what `of` is for the mass of a beacon that has a certain value of class `i`. */
  #mean({ empty, masses, counts }: Beacons, i: number, of: (mass: number) => number): number {
    const mass = this.#masses[i]!;
    const classes = this.#masses.length;
    let total = 0;
    for (let j = 0; j < masses.length; j++) {
      const drawn = masses[j]!;
      // The value's own piece is among those drawn with this probability; it is behind its beacon once.
      const own = counts[j * classes + i]! / this.#pieces[i]!;
      total += (1 - own) * of(mass + drawn);
      if (own > 0) total += own * of(drawn);
    }
    const others = masses.length === 0 ? 0 : ((1 - empty) * total) / masses.length;
    return empty * of(mass) + others;
  }

  /** Whether the class has the frequency that is the nearest: 1 or 0. */
  #isGuessed(i: number, mass: number): number {
    const distance = Math.abs(this.#masses[i]! - mass);
    const isNearer = (other: number | undefined) =>
      other !== undefined && Math.abs(other - mass) < distance;
    return isNearer(this.#masses[i - 1]) || isNearer(this.#masses[i + 1]) ? 0 : 1;
  }

  /** Draws beacons that have something behind them: first what is the first of it, then the rest. */
  #draw(length: number): Beacons {
    const p = 2 ** -length;
    const all = this.#before.at(-1)!;
    const classes = this.#masses.length;
    const something = -Math.expm1(all * Math.log1p(-p));
    const many = Math.min(Math.max(Math.floor(WORK / classes), FEWEST), MOST);
    const drawn = all * p < NEVER ? 0 : many;
    const masses = new Float64Array(drawn);
    const counts = new Float64Array(drawn * classes);
    for (let j = 0; j < drawn; j++) {
      // In equal steps, which is as random and varies less.
      const uniform = (j + this.#random.uniform()) / drawn;
      const first = Math.floor(Math.log1p(-uniform * something) / Math.log1p(-p));
      let at = Math.min(first, all - 1);
      let i = this.#classOf(at);
      let count = 1;
      at += 1;
      for (; i < classes; i++, count = 0) {
        count += this.#random.binomial(this.#before[i + 1]! - Math.max(at, this.#before[i]!), p);
        counts[j * classes + i] = count;
        masses[j]! += count * this.#masses[i]!;
      }
    }
    return { empty: drawn === 0 ? 1 : 1 - something, masses, counts };
  }

  /** The class of a piece: the last that begins at it or before. */
  #classOf(piece: number): number {
    let [low, high] = [0, this.#masses.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#before[middle]! <= piece) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** What beacons usually have from other values: nothing, the lower quartile or the median, those that have nothing included. */
function usualMasses({ empty, masses }: Beacons): readonly number[] {
  const sorted = masses.slice().sort();
  const quantiles = [0.25, 0.5].flatMap((share) => {
    const at = Math.floor(((share - empty) / (1 - empty)) * sorted.length);
    return share > empty ? [sorted[at]!] : [];
  });
  return [0, ...quantiles];
}
