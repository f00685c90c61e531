// Random suites can be repeated: each prints its seed, and FIELDSEAL_SEED=… gives it the same again.

/**
 * The seed of a test's random inputs, printed with its results.
 *
 * @param standard - where every run is to see the same inputs; without it each run sees others
 */
export function seed(t, standard = Date.now() % 1e9) {
  const value = process.env.FIELDSEAL_SEED ?? String(standard);
  t.diagnostic(`FIELDSEAL_SEED=${value}`);
  return value;
}
