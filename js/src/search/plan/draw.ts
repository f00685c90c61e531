/** A plan as a picture: an SVG document that needs nothing else. */

import { usage, wrong } from '../../errors.js';
import { KEEP, readOptions } from '../../util/options.js';
import { percent, rounded } from './recommend.js';
import type { BeaconLength, BeaconPlan, BeaconPlanSvgOptions } from './types.js';

const MAX_TITLE = 100;
/** Beyond the length at which values share beacons no more, nothing changes. */
const BITS_BEYOND = 6;

const WIDTH = 760;
const [LEFT, RIGHT] = [84, 736];
const PLOT_HEIGHT = 170;
const PLOT_TOP = [142, 422, 702] as const;
const HEIGHT = 930;
/** Where the name of a line begins, from that of the line before. */
const COLUMN = 216;
const MOST_TICKS = 7;

/** A line, and how it looks: by its dashes, too, so that nobody needs to tell colours apart. */
interface Line {
  readonly name: string;
  readonly look: 'a' | 'b' | 'c';
  readonly of: (figures: BeaconLength) => number;
}

interface Plot {
  readonly axis: string;
  readonly lines: readonly Line[];
  readonly ticks: readonly number[];
  readonly label: (value: number) => string;
  /** Where a value is, from 0 at the bottom to 1 at the top. */
  readonly scale: (value: number) => number;
}

const STYLE = `
svg{background:#fff;color:#1f2328;font:13px system-ui,sans-serif}
text{fill:currentColor}.h{font-size:17px;font-weight:600}.n{font-weight:600}.s{fill:#59636e}
.g{stroke:#d1d9e0}.x{stroke:#59636e}.m{stroke:#1f2328;stroke-width:1.5}
.a,.b,.c{fill:none;stroke-width:2.2}.a{stroke:#b35900}.b{stroke:#0550ae;stroke-dasharray:9 4}.c{stroke:#6e40aa;stroke-dasharray:2 3}
@media (prefers-color-scheme:dark){
svg{background:#0d1117;color:#e6edf3}.s{fill:#9198a1}.g{stroke:#30363d}.x{stroke:#9198a1}.m{stroke:#e6edf3}
.a{stroke:#f0883e}.b{stroke:#79c0ff}.c{stroke:#d2a8ff}}
`;

export function drawPlan(plan: BeaconPlan, options: BeaconPlanSvgOptions): string {
  const title = readTitle(options);
  const shown = plan.lengths.slice(0, longestShown(plan));
  const x = (length: number) =>
    LEFT + ((RIGHT - LEFT) * (length - 1)) / (shown[shown.length - 1]!.length - 1);
  const heading = title ?? 'What a beacon costs and reveals, by its length';
  const recommended =
    plan.length === undefined ? 'no length meets the target' : `recommended: ${plan.length} bits`;
  const summary = `${rounded(plan.population)} values, the most frequent has ${percent(plan.largestShare)} of the items; ${recommended}`;
  const plots = plotsOf(plan, shown);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escaped(heading)}</title>`,
    `<desc>${escaped([plan.reason, ...plan.warnings].join(' '))}</desc>`,
    `<style>${STYLE}</style>`,
    text(LEFT, 34, heading, 'h'),
    text(LEFT, 58, summary, 's'),
    ...plots.flatMap((plot, i) => [
      ...drawPlot(plot, PLOT_TOP[i]!, shown, x),
      ...(plan.length === undefined ? [] : drawMark(x(plan.length), PLOT_TOP[i]!, plan.length)),
    ]),
    '</svg>',
    '',
  ].join('\n');
}

function readTitle(options: BeaconPlanSvgOptions): string | undefined {
  const { title } = readOptions(options, { title: KEEP });
  if (title === undefined) return undefined;
  if (typeof title !== 'string') throw wrong('title', 'a string', title);
  if (title.length > MAX_TITLE) {
    throw usage('INVALID_ARGUMENT', `title has more than ${MAX_TITLE} characters`);
  }
  return title;
}

function longestShown({ population, numberOfPartitions, length, lengths }: BeaconPlan): number {
  const all = Math.ceil(Math.log2(population * numberOfPartitions)) + BITS_BEYOND;
  return Math.min(lengths.length, Math.max(all, (length ?? 0) + 2));
}

function plotsOf(plan: BeaconPlan, shown: readonly BeaconLength[]): Plot[] {
  const decades = Math.max(1, Math.ceil(Math.log10(shown[0]!.expectedGroupSize)));
  const everyDecade = Math.ceil(decades / MOST_TICKS);
  const bits = Math.max(plan.valueEntropy, ...shown.map((one) => one.beaconEntropy));
  const step = [0.01, 0.05, 0.25, 1, 2, 5, 10].find((one) => bits / one <= MOST_TICKS)!;
  const steps = Math.ceil(bits / step);
  return [
    {
      axis: 'Share',
      lines: [
        { name: 'false positives of queries', look: 'a', of: (one) => one.falsePositives },
        { name: 'guessed at most', look: 'b', of: (one) => one.guessedAtMost },
        { name: 'guessed by frequency', look: 'c', of: (one) => one.guessedByFrequency },
      ],
      ticks: [0, 0.25, 0.5, 0.75, 1],
      label: percent,
      scale: (value) => value,
    },
    {
      axis: 'Different values behind a beacon',
      lines: [
        { name: 'expected', look: 'a', of: (one) => one.expectedGroupSize },
        { name: 'smallest, with 95 of 100 keys', look: 'b', of: (one) => one.smallestGroupSize },
      ],
      ticks: every(everyDecade, decades).map((decade) => 10 ** decade),
      label: (value) => (value < 1e6 ? rounded(value) : `10${superscript(Math.log10(value))}`),
      scale: (value) => Math.log10(value) / decades,
    },
    {
      axis: 'Entropy in bits',
      lines: [
        { name: 'of the beacon', look: 'a', of: (one) => one.beaconEntropy },
        { name: 'of the values', look: 'b', of: () => plan.valueEntropy },
      ],
      ticks: every(1, steps).map((i) => i * step),
      label: rounded,
      scale: (value) => value / (steps * step),
    },
  ];
}

function drawPlot(
  plot: Plot,
  top: number,
  shown: readonly BeaconLength[],
  x: (length: number) => number,
): string[] {
  const bottom = top + PLOT_HEIGHT;
  const y = (value: number) => bottom - PLOT_HEIGHT * plot.scale(value);
  const parts: string[] = [text(LEFT, top - 46, plot.axis, 'n')];
  for (const tick of plot.ticks) {
    parts.push(line(LEFT, y(tick), RIGHT, y(tick), tick === plot.ticks[0] ? 'x' : 'g'));
    parts.push(text(LEFT - 8, y(tick) + 4, plot.label(tick), 's', 'end'));
  }
  const step = Math.ceil(shown.length / 16);
  for (const { length } of shown) {
    if (length !== 1 && length % step !== 0) continue;
    parts.push(text(x(length), bottom + 18, String(length), 's', 'middle'));
  }
  parts.push(text((LEFT + RIGHT) / 2, bottom + 38, 'Length of the beacon in bits', 's', 'middle'));
  plot.lines.forEach(({ name, look, of }, i) => {
    const points = shown.map((one) => `${place(x(one.length))},${place(y(of(one)))}`);
    const at = LEFT + i * COLUMN;
    parts.push(`<polyline class="${look}" points="${points.join(' ')}"/>`);
    parts.push(line(at, top - 29, at + 28, top - 29, look), text(at + 36, top - 25, name, ''));
  });
  return parts;
}

function drawMark(at: number, top: number, length: number): string[] {
  return [
    line(at, top, at, top + PLOT_HEIGHT, 'm'),
    text(at, top - 5, length === 1 ? '1 bit' : `${length} bits`, 'n', 'middle'),
  ];
}

/** 0, and every so many, up to the last. */
function every(step: number, last: number): number[] {
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
}

const superscript = (exponent: number): string =>
  Array.from(String(Math.round(exponent)), (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');

function line(x1: number, y1: number, x2: number, y2: number, look: string): string {
  return `<line class="${look}" x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}"/>`;
}

function text(x: number, y: number, words: string, look: string, anchor = 'start'): string {
  return `<text class="${look}" x="${place(x)}" y="${place(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

const place = (value: number): string => String(Math.round(value * 10) / 10);

/** As XML has it: what it cannot have, control characters and halves of surrogate pairs, is replaced. */
function escaped(words: string): string {
  return words
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
