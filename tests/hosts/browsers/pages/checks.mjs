// Checks besides the suite's, with an outcome of the same form.

import { check } from '../suite.mjs';

/** @param {Record<string, () => Promise<void>>} checks */
export async function outcomeOf(checks) {
  const failed = [];
  for (const [name, run] of Object.entries(checks)) {
    try {
      await run();
    } catch (error) {
      failed.push({ name, error: `${error?.name} [${error?.code}] ${error?.message ?? error}` });
    }
  }
  return { passed: Object.keys(checks).length - failed.length, failed };
}

/** Two outcomes as one. */
export const both = (a, b) =>
  JSON.stringify({ passed: a.passed + b.passed, failed: [...a.failed, ...b.failed] });

/** The error of the package that something ends with, which must have the code. */
export async function refusal({ FieldsealError }, code, run) {
  let accepted;
  try {
    accepted = await run();
  } catch (error) {
    check(
      error instanceof FieldsealError,
      `a FieldsealError, not ${error?.name}: ${error?.message}`,
    );
    check(error.code === code, `${code}, not ${error.code}: ${error.message}`);
    return error;
  }
  throw new Error(`it was accepted: ${typeof accepted}`);
}
