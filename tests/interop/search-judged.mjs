// Both verdicts on random searched tables: on their configurations, on what sealing adds to items, on requests, and on what comes
// back.

import { SEARCH_DIFFERENCES } from './differences.mjs';
import { text } from './model.mjs';
import { ask } from './oracle.mjs';
import { randomCase, randomRequests } from './search-cases.mjs';
import { readRequest, areWanted } from './search-model.mjs';
import { found, openTable, partsOf } from './search-table.mjs';

/** What an item was sealed with in plaintext: everything but what differs each time. */
export function added(config, sealed) {
  const shown = Object.entries(sealed).filter(
    ([name]) => config.actions[name] !== 'ENCRYPT_AND_SIGN' && !/^aws_dbe_(head|foot)$/.test(name),
  );
  return text(Object.fromEntries(shown));
}

/** A request in the terms of the oracle's transforms. */
const transformOf = ({ operation, input }, half, items) => ({
  transform: `${operation.toLowerCase()}-${half}`,
  input: {
    index_name: input.IndexName,
    key_condition_expression: input.KeyConditionExpression,
    filter_expression: input.FilterExpression,
    names: input.ExpressionAttributeNames,
    values: input.ExpressionAttributeValues,
    items,
  },
});

/** A rewritten request of the oracle's, in DynamoDB's terms. */
const requestOf = (answer) =>
  partsOf({
    KeyConditionExpression: answer.key_condition_expression,
    FilterExpression: answer.filter_expression,
    ExpressionAttributeNames: answer.names,
    ExpressionAttributeValues: answer.values,
  });

async function askTables(oracle, asked) {
  const answers = await ask(
    oracle,
    asked.map(({ config, transforms }) => ({ op: 'ddb-transforms', config, transforms })),
  );
  for (const { error, crash } of answers)
    if (error !== undefined && !crash) throw new Error(`the oracle failed: ${error}`);
  return answers;
}

/**
 * Makes so many tables, their items and requests on them, and compares.
 *
 * @returns `{ kind: 'configuration' | 'item' | 'queries' | 'resolved' | 'request', made, ours, theirs }` for each, with the `problem`
 * if they differ without a known `difference`
 */
export async function judgeTables(oracle, r, count, requestsEach = 2) {
  const judged = [];
  const cases = r.times(count, () => randomCase(r));
  const tables = await Promise.all(cases.map(({ config }) => openTable(config)));
  const first = await askTables(
    oracle,
    cases.map(({ config, items }) => ({
      config,
      transforms: [
        ...items.map((item) => ({ transform: 'put-item-input', input: { item } })),
        ...items.map((item) => ({ transform: 'resolve-attributes', input: { item } })),
      ],
    })),
  );
  const open = [];
  for (const [i, made] of cases.entries()) {
    const [table, answer] = [tables[i], first[i]];
    const ours = table.error === undefined ? { verdict: 'given' } : refusal(table);
    const theirs =
      answer.config_error === undefined && !answer.crash
        ? { verdict: 'given' }
        : { verdict: 'refused', error: answer.config_error ?? answer.error };
    judged.push(compared({ kind: 'configuration', made, ours, theirs }, ['verdict']));
    if (ours.verdict === 'given' && theirs.verdict === 'given')
      open.push(await withItems(made, table, answer.results, judged));
  }
  for (const one of open) one.requests = randomRequests(r, one.made, one.known, requestsEach);
  const second = await askTables(
    oracle,
    open.map(({ made: { config }, requests }) => ({
      config,
      transforms: requests.flatMap((request) => [
        transformOf(request, 'input'),
        ...(request.operation === 'Query'
          ? [{ ...transformOf(request, 'input'), transform: 'number-of-queries' }]
          : []),
      ]),
    })),
  );
  const third = [];
  for (const [i, one] of open.entries()) {
    const answers = second[i].results.values();
    for (const request of one.requests) {
      const entry = { kind: 'request', made: one.made, request, known: one.known };
      entry.answer = answers.next().value;
      entry.ours = await ofTable(one.table, request, one.stored);
      if (request.operation === 'Query') {
        const [mine, official] = [await one.table.queries(request), answers.next().value];
        const queries = {
          kind: 'queries',
          made: one.made,
          request,
          whole: entry.ours,
          ours:
            mine.error === undefined
              ? { verdict: 'given', number: mine.number_of_queries }
              : refusal(mine),
          theirs:
            official.error === undefined
              ? { verdict: 'given', number: official.number_of_queries }
              : { verdict: 'refused', error: official.error },
        };
        judged.push(compared(queries, ['verdict', 'number']));
        entry.queries = mine.number_of_queries;
      }
      if (entry.answer.error === undefined) {
        entry.sent = requestOf(entry.answer);
        entry.found = foundOf(one.stored, entry.sent);
        if (entry.found) third.push(entry);
      }
      one.entries = [...(one.entries ?? []), entry];
    }
  }
  const outputs = await askTables(
    oracle,
    third.map(({ made: { config }, request, found: items }) => ({
      config,
      transforms: [transformOf(request, 'output', items)],
    })),
  );
  for (const [i, entry] of third.entries()) entry.output = outputs[i].results?.[0] ?? outputs[i];
  for (const { entries = [] } of open) for (const entry of entries) judged.push(ofRequest(entry));
  return judged;
}

/** What DynamoDB finds; `undefined` if it refuses the request. */
function foundOf(stored, request) {
  try {
    return found(stored, request);
  } catch {
    return undefined;
  }
}

const refusal = ({ error, code, codes, attribute }) => ({
  verdict: 'refused',
  error,
  code,
  codes,
  attribute,
});

/** Seals the items of a table by both, and keeps half of them of each. */
async function withItems(made, table, answers, judged) {
  const { config, items } = made;
  const known = [];
  const stored = [];
  for (const [i, item] of items.entries()) {
    const [official, resolved] = [answers[i], answers[items.length + i]];
    const put = await table.put(item);
    const ours =
      put.error === undefined ? { verdict: 'given', added: added(config, put.item) } : refusal(put);
    const theirs =
      official.error === undefined
        ? { verdict: 'given', added: added(config, official.item), item: official.item }
        : { verdict: 'refused', error: official.error };
    judged.push(compared({ kind: 'item', made, item, ours, theirs }, ['verdict', 'added']));
    const mine = await table.resolve(item);
    const both = {
      kind: 'resolved',
      made,
      item,
      ours: mine.error === undefined ? { verdict: 'given', resolved: text(mine) } : refusal(mine),
      theirs:
        resolved.error === undefined
          ? { verdict: 'given', resolved: text(resolved) }
          : { verdict: 'refused', error: resolved.error },
    };
    judged.push(compared(both, ['verdict', 'resolved']));
    if (put.error !== undefined || official.error !== undefined || mine.error !== undefined)
      continue;
    const sealed = i % 2 ? put.item : official.item;
    const { item: opened, error } = await table.open(sealed);
    if (error) throw new Error(`an item that both seal is not opened: ${error}`);
    // Numbers come back normalized: what was made of another form of one is not made of it again.
    const isSame = text(await table.resolve(opened)) === text(mine);
    known.push({ item, resolved: mine, opened, isSame });
    stored.push(sealed);
  }
  return { made, table, known, stored };
}

async function ofTable(table, request, stored) {
  const result = await table.request(request, stored);
  if (result.sent === undefined) return refusal(result);
  const { sent, error, codes } = result;
  if (error !== undefined) return { verdict: 'not opened', sent: text(sent), error, codes };
  const output = text({ items: result.items, count: result.count });
  return { verdict: 'given', sent: text(sent), output, items: result.items };
}

function ofRequest(entry) {
  const { answer, sent, output } = entry;
  if (answer.error !== undefined) entry.theirs = { verdict: 'refused', error: answer.error };
  else if (output === undefined)
    entry.theirs = { verdict: 'refused by the service', sent: text(sent) };
  else if (output.error !== undefined)
    entry.theirs = {
      verdict: output.crash ? 'crashed' : 'not opened',
      sent: text(sent),
      error: output.error,
    };
  else
    entry.theirs = {
      verdict: 'given',
      sent: text(sent),
      output: text({ items: output.items, count: output.count }),
    };
  entry.asked = readRequest(entry);
  const judged = compared(entry, ['verdict', 'sent', 'output']);
  if (judged.ours.verdict !== 'given') return judged;
  judged.proved = areWanted(judged, judged.ours.items);
  if (judged.proved === false) judged.problem = 'ours are not the items that were asked for';
  return judged;
}

/** With what the two differ in, and whether that is known. */
function compared(entry, parts) {
  const { kind, ours, theirs } = entry;
  const differs = parts.filter((part) => ours[part] !== theirs[part]);
  if (differs.length === 0) return entry;
  if (theirs.verdict === 'crashed') return { ...entry, difference: 'crash' };
  entry.differs = differs;
  const known = SEARCH_DIFFERENCES.find(
    (difference) => difference.kind === kind && difference.foresees(entry),
  );
  if (known) return { ...entry, difference: known.name };
  const problem = `${kind}: ${differs.join(', ')}: ${ours.verdict}, officially ${theirs.verdict}`;
  return { ...entry, problem };
}
