// Both verdicts on random calls.

import { call, map, openedHere, outcomeOf, sealedHere } from './calls.mjs';
import { DIFFERENCES } from './differences.mjs';
import { text } from './model.mjs';
import { ask } from './oracle.mjs';
import { tampered } from './requests.mjs';

/** Calls with the stored items of their responses sealed, half of them by each library. */
async function withStoredItems(oracle, calls) {
  const wanted = [];
  const find = (made, value) => {
    if (typeof value !== 'object' || value === null) return;
    if (value.$seal)
      wanted.push({ ...value.$seal, config: made.tables[value.$seal.table], of: value });
    else Object.values(value).forEach((member) => find(made, member));
  };
  for (const made of calls) find(made, made.response);
  const theirs = wanted.filter(({ by }) => by === 'theirs');
  const answers = await ask(
    oracle,
    theirs.map(({ config: { plaintext_override: _, ...config }, item }) => ({
      op: 'ddb-encrypt',
      config,
      item,
    })),
  );
  const sealed = new Map();
  for (const [i, { of }] of theirs.entries()) {
    if (answers[i].error)
      throw new Error(`the oracle does not seal: ${answers[i].error} ${JSON.stringify(theirs[i])}`);
    sealed.set(of, answers[i].item);
  }
  for (const { by, of, config, item } of wanted) {
    if (by === 'ours') sealed.set(of, await sealedHere(config, item));
  }
  for (const { of, config, tamper } of wanted)
    sealed.set(of, tampered(config, sealed.get(of), tamper));
  const replaced = (value) => {
    if (typeof value !== 'object' || value === null) return value;
    if (sealed.has(value)) return sealed.get(value);
    return Array.isArray(value) ? value.map(replaced) : map(value, replaced);
  };
  return calls.map((made) => ({ ...made, response: replaced(made.response) }));
}

/** The sealed items of a request, with the configurations of their tables. */
function sealedItems({ tables, operation }, sent) {
  const found = [];
  const add = (name, item) => {
    const config = tables[name?.split('/').at(-1)];
    if (config && item?.aws_dbe_head?.B !== undefined) found.push({ config, item });
  };
  if (operation === 'PutItem') add(sent.TableName, sent.Item);
  for (const [name, requests] of Object.entries(sent.RequestItems ?? {}))
    if (Array.isArray(requests)) requests.forEach((one) => add(name, one.PutRequest?.Item));
  for (const { Put } of sent.TransactItems ?? []) add(Put?.TableName, Put?.Item);
  return found;
}

/**
 * Makes the calls with both libraries and compares.
 *
 * @returns for each `{ made, ours, theirs }`, with the `problem` if they differ without a known `difference`, and how many items
 * that were sealed here the oracle opened (`checked`)
 */
export async function judge(oracle, generated) {
  const calls = await withStoredItems(oracle, generated);
  const here = [];
  for (const made of calls) here.push(await call(made));
  const items = here.map((result, i) => (result.sent ? sealedItems(calls[i], result.sent) : []));
  const answers = await ask(oracle, [
    ...calls.map(({ tables, operation, input, response }) => ({
      op: 'table-call',
      tables,
      operation,
      input,
      response,
    })),
    ...items.flat().map(({ config, item }) => ({ op: 'ddb-decrypt', config, item })),
  ]);
  const opened = answers.slice(calls.length).values();
  const judged = [];
  for (const [i, made] of calls.entries()) {
    mustBeAnswer(answers[i]);
    const [ours, theirs] = [await outcomeOf(made, here[i]), await outcomeOf(made, answers[i])];
    Object.assign(ours, { error: here[i].error, codes: here[i].codes });
    Object.assign(theirs, { error: answers[i].error, answer: answers[i] });
    if (answers[i].crash) theirs.verdict = 'crashed';
    let { problem, difference } = compare(made, ours, theirs);
    for (const { config, item } of items[i]) {
      const there = opened.next().value;
      if (there.error) problem ??= `they do not open what we sealed: ${there.error}`;
      else if (text(there.item) !== text(await openedHere(config, item)))
        problem ??= 'they open what we sealed as something else';
    }
    judged.push({ made, ours, theirs, problem, difference, checked: items[i].length });
  }
  return judged;
}

/** An error of the oracle's own is not the library's verdict. */
function mustBeAnswer({ error, crash }) {
  if (error !== undefined && !crash && !error.includes('DbEsdkInterceptor'))
    throw new Error(`the oracle failed: ${error}`);
}

/** What the two differ in, and whether that is known. */
export function compare(made, ours, theirs) {
  const differs = ['verdict', 'sent', 'output'].filter((part) => ours[part] !== theirs[part]);
  if (differs.length === 0) return {};
  if (theirs.verdict === 'crashed') return { difference: 'crash' };
  const known = DIFFERENCES.find(({ foresees }) => foresees(made, ours, theirs));
  if (known) return { difference: known.name };
  return {
    problem: `${made.operation}: ${differs.join(', ')}: ${ours.verdict}, officially ${theirs.verdict}`,
  };
}
