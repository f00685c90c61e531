// Directions A and B: whole items both ways, compared with each other and with the model.

import { ask } from './oracle.mjs';
import { checkSealed, opened, text } from './model.mjs';
import { leaves } from './generate.mjs';
import { open, sameHeader, seal } from './package.mjs';

/**
 * Runs cases `{config, reader, item}` both ways.
 *
 * @returns for each `{problem?: string, leftOut: string[]}`
 */
export async function bothWays(oracle, cases) {
  const request =
    (op) =>
    ({ config, item }) => ({ op, config, item });
  const theirs = await ask(oracle, cases.map(request('ddb-encrypt')));
  const ours = [];
  for (const one of cases) ours.push(await seal(one));
  const sealed = cases.flatMap(({ reader }, i) => [
    { config: reader, item: ours[i].item ?? {} },
    { config: reader, item: theirs[i].item ?? {} },
  ]);
  const openedByThem = await ask(oracle, sealed.map(request('ddb-decrypt')));
  const results = [];
  for (const [i, one] of cases.entries()) {
    const leftOut = [];
    let problem;
    try {
      if ([theirs[i], ...openedByThem.slice(2 * i, 2 * i + 2)].some(({ crash }) => crash)) {
        leftOut.push('the official library crashed');
        results.push({ problem, leftOut });
        continue;
      }
      const openedByUs = [await open(sealed[2 * i]), await open(sealed[2 * i + 1])];
      const byThem = openedByThem.slice(2 * i, 2 * i + 2);
      compare(one, ours[i], theirs[i], openedByUs, byThem, leftOut);
    } catch (error) {
      problem = error.message;
    }
    results.push({ problem, leftOut });
  }
  return results;
}

function compare({ config, reader, item }, ours, theirs, openedByUs, openedByThem, leftOut) {
  const whole = (what, answer) => {
    if (answer.error) throw new Error(`${what}: ${answer.error}`);
    return answer;
  };
  whole('we refuse to seal', ours);
  whole('they refuse to seal', theirs);
  checkSealed(config, item, ours.item);
  checkSealed(config, item, theirs.item);
  // The same plaintexts in the same serialization have ciphertexts of the same length, and so have the rest.
  for (const [name, value] of Object.entries(theirs.item)) {
    const length = value.B?.length;
    if (ours.item[name]?.B?.length !== length) throw new Error(`'${name}': lengths differ`);
  }
  const want = text(opened(config, item));
  for (const [i, by] of ['us', 'them'].entries()) {
    const [usOpen, theyOpen] = [openedByUs[i], openedByThem[i]];
    const header = i === 0 ? ours.header : theirs.header;
    whole(`sealed by ${by}, they refuse to open`, theyOpen);
    if (text(theyOpen.item) !== want) throw new Error(`sealed by ${by}, they open another item`);
    sameHeader(header, theyOpen.header, `sealed by ${by}`);
    const refused = hostRefuses(reader, usOpen);
    if (refused) {
      leftOut.push(refused);
      continue;
    }
    whole(`sealed by ${by}, we refuse to open`, usOpen);
    if (text(usOpen.item) !== want) throw new Error(`sealed by ${by}, we open another item`);
    sameHeader(usOpen.header, theyOpen.header, `sealed by ${by}, opened by both`);
  }
}

/** Whether we could not open because this host has no PKCS #1 v1.5 decryption and there is no other key. */
export function hostRefuses(reader, answer) {
  const onlyPkcs1 = leaves(reader.keyring).every((one) => one.padding === 'PKCS1');
  const unsupported = answer.reasons?.includes('UNSUPPORTED');
  return onlyPkcs1 && unsupported ? 'this host refuses RSA PKCS #1 v1.5 decryption' : undefined;
}

/** The same mismatch with as few attributes and as simple a keyring as will show it. */
export async function shrink(oracle, mismatch) {
  let best = mismatch;
  const kind = (problem) => problem.replace(/'.*'|\{.*\}/s, '');
  const attempt = async (candidate) => {
    const [{ problem }] = await bothWays(oracle, [candidate]);
    if (problem === undefined || kind(problem) !== kind(mismatch.problem)) return;
    best = { ...candidate, problem };
  };
  const simple = { type: 'raw-aes', namespace: 'ns', name: 'key', key: '00'.repeat(32) };
  const { config, item } = best;
  const lean = { ...config, keyring: simple };
  await attempt({ item, config: lean, reader: lean });
  for (const name of Object.keys(best.config.actions)) {
    if (name === config.partition_key || name === config.sort_key) continue;
    const without = (object) =>
      Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
    const less = (from) => ({ ...from, actions: without(from.actions) });
    await attempt({
      item: without(best.item),
      config: less(best.config),
      reader: less(best.reader),
    });
  }
  return best;
}
