// A KMS that has little left: failures and requests of our clients and of `@aws-sdk/client-kms`, side by side.
//
//   make bench-pressure
//
//   node benches/pressure.mjs [rounds]
//
// The waits are random, and so is what a round counts: one with 2 failures against 0 says nothing. So there are ten, in which
// now the one and now the other begins, and the end says by how much the two differ and how much of that may be chance. The
// time that it takes says little about the client, both servers run on this machine.

import { pressure, SDK_VERSION } from './pressure-cases.mjs';

const [rounds = 10] = process.argv.slice(2).map(Number);
console.log(
  `@aws-sdk/client-kms ${SDK_VERSION}, Node ${process.version}; 100 calls a second are let through\n`,
);
const head = ['', 'ours: failures', 'requests', 'seconds', 'SDK: failures', 'requests', 'seconds'];
const widths = [44, 16, 10, 9, 16, 10, 9];
const line = (cells, widthOf = (i) => widths[i]) =>
  cells.map((cell, i) => (i ? `${cell}`.padStart(widthOf(i)) : cell.padEnd(widths[0]))).join('');

/** By what, and of whom, one number for each round. */
const counted = new Map();
for (let round = 1; round <= rounds; round++) {
  console.log(line(head));
  const size = { perSecond: 100, calls: 300, atOnce: 16, items: 200, tenants: 200 };
  for (const { what, ours, theirs } of await pressure(size, round % 2 === 0)) {
    const cells = ({ failures, requests, seconds }) => [failures, requests, seconds.toFixed(1)];
    console.log(line([what, ...cells(ours), ...cells(theirs)]));
    for (const [who, { codes }] of Object.entries({ ours, theirs })) {
      if (Object.keys(codes).length > 0) console.log(`  ${who}: ${JSON.stringify(codes)}`);
    }
    if (!counted.has(what)) counted.set(what, []);
    counted.get(what).push({ ours, theirs });
  }
  console.log();
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** The mean of some numbers, and twice its standard error: what is within that may be chance. */
function mean(numbers) {
  const mean = sum(numbers) / numbers.length;
  const square = sum(numbers.map((n) => (n - mean) ** 2)) / (numbers.length - 1);
  const chance = 2 * Math.sqrt(square / numbers.length);
  return `${mean.toFixed(1)} ± ${Number.isNaN(chance) ? '?' : chance.toFixed(1)}`;
}

console.log(`${rounds} rounds: all failures and requests; ours less the SDK's, of one round`);
console.log('(mean ± twice its standard error: a difference within that may be chance)\n');
const headOfAll = ['', 'ours', 'SDK', 'difference'].flatMap((of, i) =>
  i ? [`${of}: failures`, 'requests'] : [of],
);
const wide = (i) => [22, 14][(i + 1) % 2];
console.log(line(headOfAll, wide));
for (const [what, each] of counted) {
  const of = (count) =>
    ['failures', 'requests'].map((name) =>
      count(each.map((both) => [both.ours[name], both.theirs[name]])),
    );
  console.log(
    line(
      [
        what,
        ...of((pairs) => sum(pairs.map(([ours]) => ours))),
        ...of((pairs) => sum(pairs.map(([, theirs]) => theirs))),
        ...of((pairs) => mean(pairs.map(([ours, theirs]) => ours - theirs))),
      ],
      wide,
    ),
  );
}
