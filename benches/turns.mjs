// Times that can be compared: the cases take turns within one process, so that a machine whose speed drifts slows all of them.

/** Milliseconds of processor time so far: what else the machine does matters less than in time by the clock. */
function processor() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const sorted = (values) => values.toSorted((a, b) => a - b);
export const median = (values) => sorted(values)[Math.floor(values.length / 2)];

/**
 * Milliseconds of a run of each case in each of so many turns; a sample runs it until `sampleMs` have passed.
 *
 * @param {(() => unknown)[]} cases
 * @returns {Promise<number[][]>} for each case, in order of turns
 */
export async function inTurns(cases, turns, sampleMs) {
  const times = cases.map(() => []);
  for (let turn = -1; turn < turns; turn++) {
    for (const [i, run] of cases.entries()) {
      const start = processor();
      let count = 0;
      do {
        await run();
        count++;
      } while (processor() - start < sampleMs);
      // The first turn warms up.
      if (turn >= 0) times[i].push((processor() - start) / count);
    }
  }
  return times;
}
