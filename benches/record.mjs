// What a benchmark ran on, and its figures for the chart: `make bench-record`.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** A line on the machine and how busy it was. */
export function conditions(turns) {
  const load = loadavg()[0].toFixed(1);
  return `Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}, load ${load}, ${turns} turns`;
}

/** Adds a benchmark's figures to the run that RECORD names, if it does. */
export function record(name, rows) {
  const path = process.env.RECORD;
  if (!path) return;
  const run = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  run.date = new Date().toISOString().slice(0, 10);
  run.machine = `${cpus().length} × ${cpus()[0].model.trim()}`;
  run.node = process.version;
  run[name] = { load: Number(loadavg()[0].toFixed(1)), rows };
  writeFileSync(path, `${JSON.stringify(run, undefined, 1)}\n`);
}
