// What the figures of one run look like in docs/: docs/images/speed.svg, and the tables of docs/performance.md between two marks. `make
// bench-record` runs the benchmarks, keeps their figures in benches/run.json, and calls this; tests/documentation/speed.test.mjs compares.

import { readFileSync, writeFileSync } from 'node:fs';

import { LABELS } from './message-cases.mjs';

const file = (path) => new URL(path, import.meta.url);
export const RUN = file('run.json');
export const CHART = file('../docs/images/speed.svg');
export const PAGE = file('../docs/performance.md');
export const readRun = () => JSON.parse(readFileSync(RUN, 'utf8'));

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Item rows: how many times as fast as the official library, median to median. */
export const itemRatio = ({ ours, theirs }) => median(theirs) / median(ours);
/** The same of a message in one direction. */
export const messageRatio = ({ ours, theirs }) => theirs.median / ours.median;

/** @returns {{ title: string, bars: [string, number][] }[]} */
function groupsOf(run) {
  const item = (suite, name) =>
    itemRatio(run.items.rows.find((row) => row.suite === suite && row.name === name));
  const messages = (rows, suite) =>
    rows
      .filter((row) => row.suite === suite && [16, 65536, 1 << 20, 16 << 20].includes(row.size))
      .flatMap((row) =>
        ['encrypt', 'decrypt'].map((way) => [
          `${LABELS[row.size]}, ${way}ed`,
          messageRatio(row[way]),
        ]),
      );
  return [
    {
      title: 'Items of 20 attributes in Node, beside AWS’s Rust library (native code)',
      bars: [
        ['sealed', item('6700', 'encrypt')],
        ['opened', item('6700', 'decrypt')],
        ['sealed and signed', item('6701', 'encrypt')],
        ['opened, signature verified', item('6701', 'decrypt')],
      ],
    },
    {
      title: 'Messages in Node, beside AWS’s JavaScript library',
      bars: messages(run.messages.rows, '0478'),
    },
    { title: 'The same, signed', bars: messages(run.messages.rows, '0578') },
    {
      title: 'Messages in Chromium, beside AWS’s JavaScript library for browsers',
      bars: messages(run.messagesInChromium.rows, '0478'),
    },
  ];
}

const STYLE = `
svg{background:#fff;color:#1f2328;font:13px system-ui,sans-serif}
text{fill:currentColor}.h{font-size:17px;font-weight:600}.n{font-weight:600}.s{fill:#59636e}
.b{fill:#0550ae}.x{stroke:#59636e;stroke-dasharray:2 3}
@media (prefers-color-scheme:dark){
svg{background:#0d1117;color:#e6edf3}.s{fill:#9198a1}.b{fill:#79c0ff}.x{stroke:#9198a1}}
`;

const WIDTH = 760;
const [LEFT, RIGHT] = [204, 700];
const ROW = 22;

export function draw(run) {
  const groups = groupsOf(run);
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(([, ratio]) => ratio)));
  const x = (ratio) => LEFT + ((RIGHT - LEFT) * ratio) / most;
  const parts = [];
  const text = (at, y, words, look, anchor = 'start') =>
    parts.push(`<text class="${look}" x="${at}" y="${y}" text-anchor="${anchor}">${words}</text>`);
  let y = 66;
  for (const { title, bars } of groups) {
    text(24, (y += 30), title, 'n');
    const top = (y += 10);
    for (const [name, ratio] of bars) {
      text(LEFT - 10, y + 15, name, 's', 'end');
      parts.push(
        `<rect class="b" x="${LEFT}" y="${y + 3}" width="${(x(ratio) - LEFT).toFixed(1)}" height="15" rx="2"/>`,
      );
      text((x(ratio) + 6).toFixed(1), y + 15, ratio.toFixed(1), 'n');
      y += ROW;
    }
    parts.push(
      `<line class="x" x1="${x(1).toFixed(1)}" x2="${x(1).toFixed(1)}" y1="${top}" y2="${y}"/>`,
    );
  }
  y += 34;
  const heading = 'How many times as fast as AWS’s own library';
  text(
    24,
    y,
    `${run.date}, ${run.machine}, Node ${run.node.slice(1)}; medians of both sides, in turns. Dotted: as fast.`,
    's',
  );
  const height = y + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${heading}</title>`,
    `<desc>${groups.map(({ title, bars }) => `${title}: ${bars.map(([name, ratio]) => `${name} ${ratio.toFixed(1)}`).join('; ')}.`).join(' ')}</desc>`,
    `<style>${STYLE}</style>`,
    `<text class="h" x="24" y="40" text-anchor="start">${heading}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const MARKED = /<!-- speed: .*? -->\n[^]*?<!-- -->\n/;
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');

/** The part of docs/performance.md that the run makes. */
export function tables(run) {
  const items = run.items.rows.map((row) => {
    const turns = row.ours.map((ours, i) => row.theirs[i] / ours);
    const [least, most] = [Math.min(...turns), Math.max(...turns)].map((one) => one.toFixed(1));
    const verb = row.name.startsWith('encrypt') ? 'seal' : 'open';
    return [
      `${row.suite.slice(0, 2)} ${row.suite.slice(2)}, ${row.name.replace(/^\w+/, verb)}`,
      median(row.ours).toFixed(1),
      median(row.theirs).toFixed(0),
      `${itemRatio(row).toFixed(1)} (${least} to ${most})`,
    ];
  });
  const { rows: inNode } = run.messages;
  const sizes = inNode.filter(({ suite }) => suite === '0478').map(({ size }) => LABELS[size]);
  const messages = Object.entries({ Node: inNode, Chromium: run.messagesInChromium.rows }).flatMap(
    ([host, rows]) =>
      ['0478', '0578'].map((suite) => [
        `${host}, ${suite.slice(0, 2)} ${suite.slice(2)}`,
        ...rows
          .filter((row) => row.suite === suite)
          .map((row) =>
            ['encrypt', 'decrypt'].map((way) => messageRatio(row[way]).toFixed(1)).join(' / '),
          ),
      ]),
  );
  const loads = ['items', 'messages', 'messagesInChromium'].map((name) => run[name].load);
  return `<!-- speed: made by make bench-record -->
One run, ${run.date}: ${run.machine}, Node ${run.node.slice(1)}; load when each ended ${loads.join(', ')}.

${table(['An item, median', 'fieldseal, µs', 'official Rust library, µs', 'ratio (lowest to highest)'], items)}
How many times as fast messages are encrypted / decrypted as by the official JavaScript libraries, median to median:

${table(['', ...sizes], messages)}<!-- -->
`;
}

export const tablesIn = (page) => MARKED.exec(page)?.[0];

if (process.argv[1] === file('chart.mjs').pathname) {
  const run = readRun();
  writeFileSync(CHART, draw(run));
  const page = readFileSync(PAGE, 'utf8');
  if (!MARKED.test(page)) throw new Error('docs/performance.md has no place for the tables');
  writeFileSync(
    PAGE,
    page.replace(MARKED, () => tables(run)),
  );
}
