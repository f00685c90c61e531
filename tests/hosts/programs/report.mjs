// Runs the suite and prints its outcome in one line, which the table is made of (../table.mjs).

import fixtures from './fixtures.mjs';
import { runSuite } from './suite.mjs';

export async function outcome(fieldseal) {
  const { passed, failed } = await runSuite(fieldseal, fixtures);
  return JSON.stringify({ passed: passed.length, failed, names: passed });
}

export async function report(fieldseal) {
  console.log(`OUTCOME ${await outcome(fieldseal)}`);
}
