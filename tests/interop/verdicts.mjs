// Direction C: the same faulty input to both libraries. They must agree whether it is good, and if
// it is, on what it says. Where they differ on purpose, the difference is listed here with its
// reason.

import { ask } from './oracle.mjs';
import { BEYOND_THE_ORACLE, QUESTIONS } from './questions.mjs';
import { hostRefuses } from './directions.mjs';
import { insiderItems } from './insider.mjs';
import { INPUT_FAULTS, SEALED_FAULTS } from './faults.mjs';
import { opened, text } from './model.mjs';
import { open, seal } from './package.mjs';

/** What errors do not show as it is; src/error.rs. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Differences on purpose. */
export const KNOWN = {
  emptyUnsignedList:
    'we take an empty list of unsigned attributes as none; the official interface wants a member',
  depth: 'we refuse 34 levels even where a value is not looked at (DO_NOTHING, plaintext)',
  sameKeys:
    'we refuse one attribute as both keys in every version, they fail on it in version 1 only',
};

export function excuseOf({ config }, ours) {
  const inContext = Object.values(config.actions).some((action) => action.startsWith('SIGN_AND'));
  if (ours.error && inContext && config.partition_key === config.sort_key) return 'sameKeys';
  // Errors show names without what could forge a line of a log.
  const shown = (name) => name.replace(HIDDEN, (unit) => `\\u{${unit.charCodeAt(0).toString(16)}}`);
  const unasked =
    config.plaintext_override ||
    Object.entries(config.actions).some(
      ([name, action]) => action === 'DO_NOTHING' && shown(name) === ours.attribute,
    );
  if (unasked && / 33 exceeds the limit of 32/.test(ours.error)) return 'depth';
  if (!ours.error && config.unsigned_attributes?.length === 0) return 'emptyUnsignedList';
  return undefined;
}

/** Puts one fault into each case as sealed and one into each as input, and asks both libraries. */
export async function judge(oracle, r, cases) {
  const request =
    (op) =>
    ({ config, item }) => ({ op, config, item });
  const good = await ask(oracle, cases.map(request('ddb-encrypt')));
  const sealed = [];
  for (const [i, one] of cases.entries()) {
    // Every other item is of our making, and those that the official library crashes on (oracle.mjs).
    const { item, error } = i % 2 && !good[i].crash ? good[i] : await seal(one);
    if (error) throw new Error(`a good case was refused: ${error}`);
    sealed.push(faulty(r, SEALED_FAULTS, { config: one.reader, item }));
  }
  const inputs = cases.map((one) => faulty(r, INPUT_FAULTS, one));

  const results = [];
  const theirOpened = await ask(oracle, sealed.map(request('ddb-decrypt')));
  for (const [i, one] of sealed.entries()) {
    results.push(await compareOpened(one, theirOpened[i]));
  }
  const theirSealed = await ask(oracle, inputs.map(request('ddb-encrypt')));
  const ourSealed = [];
  for (const one of inputs) ourSealed.push(await seal(one));
  const back = inputs.flatMap(({ config }, i) => [
    { config, item: ourSealed[i].item ?? {} },
    { config, item: theirSealed[i].item ?? {} },
  ]);
  const theirBack = await ask(oracle, back.map(request('ddb-decrypt')));
  for (const [i, one] of inputs.entries()) {
    const bothBack = [back[2 * i], back[2 * i + 1]];
    const answers = theirBack.slice(2 * i, 2 * i + 2);
    results.push(await compareSealed(one, ourSealed[i], theirSealed[i], bothBack, answers));
  }
  return results;
}

/** A copy of the case with one random fault, its name in `fault`. */
export function faulty(r, faults, { config, item }) {
  for (;;) {
    const copy = structuredClone({ config, item });
    const [kind, put] = r.pick(Object.entries(faults));
    const fault = put(r, copy);
    if (fault !== undefined) return { ...copy, fault: `${kind}: ${fault}` };
  }
}

async function compareOpened(one, theirs) {
  const { fault } = one;
  if (theirs.crash) return { fault, crash: true };
  const ours = await open(one);
  if (hostRefuses(one.config, ours)) return { fault };
  return verdict(one, ours, theirs, () => {
    if (text(ours.item) !== text(theirs.item)) return 'both open it, to different items';
    return undefined;
  });
}

async function compareSealed(one, ours, theirs, back, theirBack) {
  const { fault, config, item } = one;
  if (theirs.crash) return { fault, crash: true };
  const byUs = ours.error ? [] : [await open(back[0]), await open(back[1])];
  return verdict(one, ours, theirs, () => {
    const want = config.plaintext_override?.startsWith('FORCE')
      ? text(item)
      : text(opened(config, item));
    for (const [i, by] of ['us', 'them'].entries()) {
      if (hostRefuses(config, byUs[i])) continue;
      const answers = { us: byUs[i], them: theirBack[i] };
      // A plaintext item may still be one that cannot be read, for example with a header of
      // another type.
      if (Boolean(answers.us.error) !== Boolean(answers.them.error)) {
        const [us, them] = [answers.us.error ?? 'ok', answers.them.error ?? 'ok'];
        return `sealed by ${by}, opened by us: ${us}, by them: ${them}`;
      }
      if (answers.us.error) continue;
      for (const [reader, { item: got }] of Object.entries(answers)) {
        if (text(got) !== want) return `sealed by ${by}, ${reader} open another item`;
      }
    }
    return undefined;
  });
}

function verdict(one, ours, theirs, compare) {
  const { fault, config, item } = one;
  const repro = { config, item };
  if (Boolean(ours.error) !== Boolean(theirs.error)) {
    const excuse = excuseOf(one, ours);
    if (excuse) return { fault, excuse };
    const disagreement = `we say ${ours.error ?? 'ok'}\n  they say ${theirs.error ?? 'ok'}`;
    return { fault, disagreement, repro };
  }
  if (ours.error) return { fault };
  const disagreement = compare();
  return disagreement ? { fault, disagreement, repro } : { fault, accepted: true };
}

/** Puts the recorded questions to both. */
export async function judgeQuestions(oracle) {
  const problems = [];
  const theirs = await ask(
    oracle,
    QUESTIONS.map(({ config, item }) => ({ op: 'ddb-encrypt', config, item })),
  );
  const ours = [];
  for (const one of [...QUESTIONS, ...BEYOND_THE_ORACLE]) ours.push(await seal(one));
  const said = (answer) => (answer.error ? 'error' : 'ok');
  const crossed = [];
  for (const [i, one] of [...QUESTIONS, ...BEYOND_THE_ORACLE].entries()) {
    if (said(ours[i]) !== one.ours) problems.push(`${one.name}: we say ${ours[i].error ?? 'ok'}`);
    if (!theirs[i]) continue;
    if (said(theirs[i]) !== one.theirs)
      problems.push(`${one.name}: they say ${theirs[i].error ?? 'ok'}`);
    if (!ours[i].error && !theirs[i].error)
      crossed.push({ one, item: ours[i].item, theirs: theirs[i].item });
  }
  const openings = crossed.map(({ one, item }) => ({
    op: 'ddb-decrypt',
    config: one.config,
    item,
  }));
  const byThem = await ask(oracle, openings);
  for (const [i, { one, theirs: item }] of crossed.entries()) {
    const byUs = await open({ config: one.config, item });
    if (byThem[i].error) problems.push(`${one.name}: they do not open ours: ${byThem[i].error}`);
    else if (byUs.error) problems.push(`${one.name}: we do not open theirs: ${byUs.error}`);
    else if (text(byUs.item) !== text(byThem[i].item))
      problems.push(`${one.name}: opened differently`);
  }
  const insiders = insiderItems();
  const opened = await ask(
    oracle,
    insiders.map(({ config, item }) => ({ op: 'ddb-decrypt', config, item })),
  );
  for (const [i, one] of insiders.entries()) {
    const [us, them] = [await open(one), opened[i]];
    const want = one.ok ? 'ok' : 'error';
    if (said(us) !== want)
      problems.push(`sealed by an insider, ${one.name}: we say ${us.error ?? 'ok'}`);
    if (said(them) !== want)
      problems.push(`sealed by an insider, ${one.name}: they say ${them.error ?? 'ok'}`);
    if (one.ok && text(us.item) !== text(them.item))
      problems.push(`${one.name}: opened differently`);
  }
  return { asked: QUESTIONS.length + BEYOND_THE_ORACLE.length + insiders.length, problems };
}
