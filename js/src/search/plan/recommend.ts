/** The recommended length, and what is said of it in words. */

import type { BeaconLength, BeaconPlan, BeaconTarget } from './types.js';

/** AWS's guide has its equations for at least so many different values. */
const FEW_VALUES = 16;
/** A value that is this many times as frequent as the others on average is what frequency analysis looks for. */
const FREQUENT = 4;
/** As many as a searched table may have: AWS's libraries take no more. */
export const MAX_PARTITIONS = 254;

/** What of a plan is there before the recommendation. */
export type Figures = Omit<BeaconPlan, 'length' | 'reason' | 'warnings' | 'toSvg'>;

interface Demand {
  readonly inWords: string;
  readonly isMet: (figures: Omit<BeaconLength, 'meetsTarget'>) => boolean;
  /** Whether it asks for a short beacon. */
  readonly isOfShort: boolean;
  /** What the length that comes nearest has, where none meets it. */
  readonly atBest: (figures: Figures) => string;
}

/** The parts of a target, with what they demand. */
function demandsOf({ maxFalsePositives, minGroupSize, maxGuessed }: BeaconTarget): Demand[] {
  const demands: Demand[] = [];
  if (maxFalsePositives !== undefined)
    demands.push({
      inWords: `maxFalsePositives ${maxFalsePositives}`,
      isMet: (figures) => figures.falsePositives <= maxFalsePositives,
      isOfShort: false,
      atBest: ({ lengths }) =>
        `even with 63 bits, ${percent(lengths.at(-1)!.falsePositives)} of what queries read are false positives`,
    });
  if (minGroupSize !== undefined)
    demands.push({
      inWords: `minGroupSize ${minGroupSize}`,
      isMet: (figures) => figures.smallestGroupSize >= minGroupSize,
      isOfShort: true,
      atBest: ({ lengths }) =>
        `even with 1 bit, the smallest group has ${rounded(lengths[0]!.smallestGroupSize)}`,
    });
  if (maxGuessed !== undefined)
    demands.push({
      inWords: `maxGuessed ${maxGuessed}`,
      isMet: (figures) => figures.guessedAtMost <= maxGuessed,
      isOfShort: true,
      atBest: ({ lengths, largestShare }) =>
        `even with 1 bit, ${percent(lengths[0]!.guessedAtMost)} can be guessed, and ${percent(largestShare)} without any beacon, by naming the most frequent value each time`,
    });
  return demands;
}

export function meetsTarget(
  target: BeaconTarget,
  figures: Omit<BeaconLength, 'meetsTarget'>,
): boolean {
  return demandsOf(target).every(({ isMet }) => isMet(figures));
}

/**
 * Every figure that a target is about goes one way with the length, so that the lengths that meet it are neighbours. Where
 * the target says how many false positives there may be, the shortest of them, which reveals the least; otherwise the longest,
 * which has the fewest.
 */
export function recommend(figures: Figures): Pick<BeaconPlan, 'length' | 'reason' | 'warnings'> {
  const meeting = figures.lengths.filter((one) => one.meetsTarget);
  const isShortest = figures.target.maxFalsePositives !== undefined;
  const best = isShortest ? meeting[0] : meeting.at(-1);
  return {
    length: best?.length,
    reason: best ? whyThis(figures, best, isShortest) : whyNone(figures),
    warnings: warningsOf(figures, best),
  };
}

function whyThis(figures: Figures, best: BeaconLength, isShortest: boolean): string {
  const demands = demandsOf(figures.target).map(({ inWords }) => inWords);
  const others = best.expectedGroupSize - 1;
  const smallest =
    best.smallestGroupSize > 1
      ? `with at least 95 of 100 keys, no beacon has fewer than ${rounded(best.smallestGroupSize)} values behind it`
      : 'some values may have a beacon to themselves';
  return [
    `${bits(best.length)}: the ${isShortest ? 'shortest' : 'longest'} length that meets ${listed(demands)}.`,
    `On average a value shares its beacon with ${rounded(others)} ${others === 1 ? 'other' : 'others'}; ${smallest}.`,
    `Of the items that queries read, ${percent(best.falsePositives)} are false positives.`,
    `Whoever knows how often each value occurs guesses ${percent(best.guessedByFrequency)} of the items' values right by frequency analysis;`,
    `nobody guesses more than ${percent(best.guessedAtMost)} from the beacons.`,
  ].join(' ');
}

function whyNone(figures: Figures): string {
  const demands = demandsOf(figures.target);
  const limits = demands.map((demand) => {
    const { inWords, isMet, isOfShort } = demand;
    const meeting = figures.lengths.filter(isMet);
    const one = isOfShort ? meeting.at(-1) : meeting[0];
    if (one) return `${inWords} needs ${bits(one.length)} or ${isOfShort ? 'fewer' : 'more'}`;
    const atBest = demand.atBest(figures);
    return demands.length === 1 ? atBest : `${inWords} cannot be met, for ${atBest}`;
  });
  return `No length meets ${listed(demands.map(({ inWords }) => inWords))}: ${limits.join('; ')}. Change the target.`;
}

function warningsOf(figures: Figures, best: BeaconLength | undefined): string[] {
  const { population, distinctValues, largestShare, lengths } = figures;
  const warnings: string[] = [];
  const others = (1 - largestShare) / (population - 1);
  const skewed = largestShare > FREQUENT * others ? standsOut(figures, best) : undefined;
  if (skewed !== undefined) warnings.push(skewed);
  if (population < FEW_VALUES)
    warnings.push(
      `With only ${rounded(population)} different values, a beacon of 1 bit already lets ${percent(lengths[0]!.guessedAtMost)} of the items' values be guessed: consider not to have a beacon on this column alone, but on a virtual field that joins it with another.`,
    );
  if (population > distinctValues)
    warnings.push(
      `The sample has ${rounded(distinctValues)} of ${rounded(population)} values; the others are taken to be as rare as the rarest in it.`,
    );
  return warnings;
}

/**
 * The most frequent value's beacon stands out when the value alone has more than beacons have on average: then it occurs
 * at least twice as often as these.
 */
function standsOut(figures: Figures, best: BeaconLength | undefined): string | undefined {
  const { largestShare, numberOfPartitions } = figures;
  const longestHidden = Math.ceil(Math.log2(numberOfPartitions / largestShare)) - 1;
  const length = best?.length ?? 1;
  if (length <= longestHidden) return undefined;
  const where =
    longestHidden < 1
      ? 'No length hides that: even with 1 bit'
      : `From ${bits(longestHidden + 1)} on`;
  const needed = Math.floor(largestShare * 2 ** length) + 1;
  const partitions =
    needed > MAX_PARTITIONS
      ? `At ${bits(length)}, not even ${MAX_PARTITIONS} partitions would hide it; at fewer bits, partitions help.`
      : `Partitions help: ${needed} of them (numberOfPartitions) spread it over as many beacons at ${bits(length)}, and each search then takes as many queries, with as many times the false positives.`;
  return `The most frequent value has ${percent(largestShare)} of all items. ${where} its beacon occurs at least twice as often as others do on average, and whoever sees the beacons sees which items have it. ${partitions}`;
}

const bits = (length: number): string => `${length} bit${length === 1 ? '' : 's'}`;

const listed = (words: readonly string[]): string =>
  words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]!}`;

/** Three significant digits, without an exponent; or the whole number, with commas. */
export function rounded(value: number): string {
  if (value < 100) return Number(value.toPrecision(3)).toString();
  return value.toFixed(0).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A share in percent; one that is not quite 0 or 1 does not look like it. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return 'less than 0.01%';
  if (value < 100 && value > 99.99) return 'more than 99.99%';
  return `${Number(value.toFixed(value < 1 ? 2 : value > 99 ? 2 : 1))}%`;
}
