/** The distribution that a plan is for: the sample's, with the values that are still to come. */

import type { Frequencies, Frequency } from './sample.js';

/** What the figures are computed with at most: more different frequencies are rounded to so many. */
export const MAX_CLASSES = 2048;

/** Values that occur equally often. */
export interface ValueClass {
  /** The share of items that have one of these values: not all of them together. */
  readonly share: number;
  /** How many values there are. */
  readonly values: number;
  /** How many frequencies were rounded to this one. */
  readonly frequencies: number;
}

/** How the items' values are distributed, the most frequent first. */
export interface Distribution {
  readonly population: number;
  readonly classes: readonly ValueClass[];
}

export function distributionOf(sample: Frequencies, population: number): Distribution {
  const groups = grouped(sample.frequencies);
  const classes = groups.map((group, i): ValueClass => {
    const seen = sum(group.map(({ values }) => values));
    const items = sum(group.map(({ values, count }) => values * count));
    const unseen = i === groups.length - 1 ? population - sample.distinctValues : 0;
    const values = seen + unseen;
    return { share: items / sample.items / values, values, frequencies: group.length };
  });
  return { population, classes };
}

/** Each frequency for itself; of too many, the highest and the lowest, and those between in steps of equal ratio. */
function grouped(frequencies: readonly Frequency[]): Frequency[][] {
  if (frequencies.length <= MAX_CLASSES) return frequencies.map((one) => [one]);
  const exact = MAX_CLASSES / 2;
  const between = frequencies.slice(exact, -1);
  const steps = MAX_CLASSES - exact - 1;
  const top = Math.log(between[0]!.count);
  const range = top - Math.log(between.at(-1)!.count);
  const groups: Frequency[][] = Array.from({ length: steps }, () => []);
  for (const one of between) {
    const step = Math.floor(((top - Math.log(one.count)) / range) * steps);
    groups[Math.min(step, steps - 1)]!.push(one);
  }
  return [
    ...frequencies.slice(0, exact).map((one) => [one]),
    ...groups.filter((group) => group.length > 0),
    [frequencies.at(-1)!],
  ];
}

/** The entropy of the values in bits. */
export function entropyOf({ classes }: Distribution): number {
  return -sum(classes.map(({ share, values }) => share * values * Math.log2(share)));
}

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, one) => total + one, 0);
