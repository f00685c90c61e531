// A KMS that has little left: failures and requests of our clients and of `@aws-sdk/client-kms`, side by side.
//
//   make bench-pressure
//
//   node benches/pressure.mjs [runs]
//
// Waits are random: run it a few times. The time that it takes says little about the client, both servers run on this machine.

import { pressure, SDK_VERSION } from './pressure-cases.mjs';

const [runs = 3] = process.argv.slice(2).map(Number);
console.log(
  `@aws-sdk/client-kms ${SDK_VERSION}, Node ${process.version}; 100 calls a second are let through\n`,
);
const head = ['', 'ours: failures', 'requests', 'seconds', 'SDK: failures', 'requests', 'seconds'];
const widths = [44, 16, 10, 9, 16, 10, 9];
const line = (cells) =>
  cells.map((cell, i) => (i ? `${cell}`.padStart(widths[i]) : cell.padEnd(widths[i]))).join('');
for (let run = 1; run <= runs; run++) {
  console.log(line(head));
  const size = { perSecond: 100, calls: 300, atOnce: 16, items: 200, tenants: 200 };
  for (const { what, ours, theirs } of await pressure(size)) {
    const cells = ({ failures, requests, seconds }) => [failures, requests, seconds.toFixed(1)];
    console.log(line([what, ...cells(ours), ...cells(theirs)]));
    for (const [who, { codes }] of Object.entries({ ours, theirs })) {
      if (Object.keys(codes).length > 0) console.log(`  ${who}: ${JSON.stringify(codes)}`);
    }
  }
  console.log();
}
