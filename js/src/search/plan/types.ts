/** What `planBeacon` takes and returns. */

/**
 * A value of the column that the beacon is for: a string, a number, a bigint, bytes, or one of these as an
 * AttributeValue, as clients of DynamoDB return them. Only whether two are the same counts; {@link planBeacon} shows it.
 */
export type BeaconValue =
  | string
  | number
  | bigint
  | Uint8Array
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array };

/**
 * The values that {@link planBeacon} plans for, one for each item; or each with the number of items that have it, as a
 * pair. A `Map` of counts is such a sequence of pairs.
 */
export type BeaconSample = Iterable<BeaconValue | readonly [value: BeaconValue, count: number]>;

/** What a beacon shall achieve, one or several together: the option `target` of {@link planBeacon}. */
export interface BeaconTarget {
  /**
   * Of the items that queries read, at most this share has another value than was asked for, with one query for each value.
   * From 0 to 1, both excluded. Asks for a long beacon. See {@link BeaconLength.falsePositives}.
   */
  readonly maxFalsePositives?: number | undefined;
  /**
   * At least this many different values behind every beacon. A whole number from 2. Asks for a short beacon. See
   * {@link BeaconLength.smallestGroupSize}.
   */
  readonly minGroupSize?: number | undefined;
  /**
   * At most this share of the items' values can be guessed right from the beacons, even by whoever knows which values are behind
   * each of them. From 0 to 1, both excluded. Asks for a short beacon. See {@link BeaconLength.guessedAtMost}.
   */
  readonly maxGuessed?: number | undefined;
}

/**
 * Options of {@link planBeacon}.
 *
 * @example
 * ```ts
 * import type { PlanBeaconOptions } from 'fieldseal/tables'
 *
 * // The sample is a part: in five years there are some 50,000 different values.
 * const options: PlanBeaconOptions = {
 *   target: { maxFalsePositives: 0.8, minGroupSize: 2 },
 *   population: 50_000,
 * }
 * console.log(options.population) // → 50000
 * ```
 */
export interface PlanBeaconOptions {
  /** What the beacon shall achieve; at least one of its members. */
  readonly target: BeaconTarget;
  /**
   * How many different values the whole table will have, in the years that the beacon is in use: its length cannot be changed.
   * A whole number from the number of those in the sample, which is the default, to 1,000,000,000,000. The values that are not
   * in the sample are taken to be as rare as the rarest ones in it: together they have the share of items that the rarest ones
   * of the sample have in it.
   */
  readonly population?: number | undefined;
  /**
   * The beacon's `numberOfPartitions`: over how many beacons each value is spread. From 1, the default, to 254. The plan takes
   * it that items go to partitions at random, as they do unless there is a `partitionSelector`, and that the maximum number of
   * partitions is a multiple of this one.
   */
  readonly numberOfPartitions?: number | undefined;
  /**
   * For the figures that are simulated: the same seed gives the same plan, but for a last digit in which engines differ. A whole
   * number from 0, the default, to 4,294,967,295.
   */
  readonly seed?: number | undefined;
}

/**
 * What {@link planBeacon} says of one length. All figures are expectations over the keys that a beacon may have: with a key of
 * its own, a table has a little more or less.
 */
export interface BeaconLength {
  /** The beacon's length in bits, from 1 to 63. */
  readonly length: number;
  /** Whether this length meets all of the target. */
  readonly meetsTarget: boolean;
  /** How many different values are behind the beacon of a value, that value included. Exact. */
  readonly expectedGroupSize: number;
  /**
   * With at least 95 of 100 keys, no beacon has fewer different values behind it. 1: some values have a beacon to themselves.
   * Exact.
   */
  readonly smallestGroupSize: number;
  /**
   * Of the items that queries read, the share that has another value than was asked for and is thrown away, with one query for
   * each value (and for each partition). From 0 to 1. Exact.
   */
  readonly falsePositives: number;
  /**
   * The entropy of the beacon in bits: how much it tells items apart. As much as {@link BeaconPlan.valueEntropy} where each
   * value has a beacon to itself; partitions add up to the logarithm of their number. Simulated.
   */
  readonly beaconEntropy: number;
  /**
   * The share of the items' values that is guessed right by whoever knows how often each value occurs and even which values are
   * behind each beacon, and names the most frequent of these. Nobody guesses more from the beacons. From 0 to 1. Exact.
   */
  readonly guessedAtMost: number;
  /**
   * The same for whoever knows how often each value occurs, sees all beacons, and compares how often these occur (frequency
   * analysis): takes off what beacons usually have from other values (nothing, their lower quartile or their median,
   * whichever finds most), and names the value whose frequency is the nearest.
   * Who names the most frequent value each time is right as often as {@link BeaconPlan.largestShare}: it is never less. Simulated.
   */
  readonly guessedByFrequency: number;
}

/**
 * Options of {@link BeaconPlan.toSvg}.
 *
 * @example
 * ```ts
 * import { planBeacon, type BeaconPlanSvgOptions } from 'fieldseal/tables'
 *
 * const options: BeaconPlanSvgOptions = { title: 'Birth years' }
 * const years = Array.from({ length: 100 }, (_, i) => 1920 + i)
 * const svg = planBeacon(years, { target: { maxGuessed: 0.1 } }).toSvg(options)
 * console.log(svg.includes('>Birth years<')) // → true
 * ```
 */
export interface BeaconPlanSvgOptions {
  /** The picture's heading, up to 100 characters, in place of one that says what it shows. */
  readonly title?: string | undefined;
}

/**
 * What {@link planBeacon} returns: plain, frozen data. It has figures of the distribution and none of the values; whoever may
 * not know how often values occur in the column should not have it.
 */
export interface BeaconPlan {
  /** The recommended length in bits; `undefined` where no length meets the target. */
  readonly length: number | undefined;
  /** Why this length, or why none, in words. */
  readonly reason: string;
  /** What no length mends, or what the figures depend on, in words. */
  readonly warnings: readonly string[];
  /** The target, as it was given. */
  readonly target: BeaconTarget;
  /** How many items the sample has. */
  readonly items: number;
  /** How many different values the sample has. */
  readonly distinctValues: number;
  /** How many different values the figures are for. */
  readonly population: number;
  /** Over how many beacons each value is spread. */
  readonly numberOfPartitions: number;
  /** The seed of the figures that are simulated. */
  readonly seed: number;
  /** The share of items that have the most frequent value: what is guessed right without any beacon. */
  readonly largestShare: number;
  /** The entropy of the values in bits. */
  readonly valueEntropy: number;
  /** The figures for each length, from 1 to 63 bits. */
  readonly lengths: readonly BeaconLength[];
  /**
   * Draws the figures by length, with the recommended one marked: an SVG document for light and dark, without scripts and
   * without anything that is loaded.
   *
   * @param options - the picture's heading
   * @throws UsageError `INVALID_ARGUMENT` for a title that is not a string or is too long
   */
  toSvg(options?: BeaconPlanSvgOptions): string;
}
