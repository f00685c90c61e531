// What the suites of `sealTable` share: runs to their end, clients that others interfere with, and a service in memory.

import { sealTable } from '../../pkg/entrypoints/tables.js';
import { clientOf, encryptor, fromWire, wire } from './support.mjs';

/** Runs to the end; the last progress, with the errors of all pages. */
export async function runOf(client, options) {
  const all = [];
  const errors = [];
  for await (const progress of sealTable(client, { totalSegments: 1, ...options })) {
    all.push(progress);
    errors.push(...progress.errors);
  }
  return { ...all.at(-1), errors, all };
}

/** The numbers of a run that say what became of the items. */
export const counts = ({ read, changed, unchanged, gone, failed }) => ({
  read,
  changed,
  unchanged,
  gone,
  failed,
});

/** Keys and codes of what failed. */
export const codes = (errors) =>
  Object.fromEntries(errors.map(({ key, error }) => [key.id?.S ?? '', error.code]));

/** Calls `meddle` before each command is sent, and `lose` after it was served; returns the commands' names. */
export function meddleWith(client, { before, after } = {}) {
  const sent = [];
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        sent.push(commandName);
        await before?.(commandName, args.input, sent.length);
        const result = await next(args);
        await after?.(commandName, args.input, result);
        return result;
      },
    { step: 'initialize', name: 'meddle', priority: 'low' },
  );
  return sent;
}

export const number = (sent, command) => sent.filter((name) => name === command).length;

/** A service in memory with the items of one table, which takes every write; `change` may serve a request by itself. */
export function scripted(sdk, items, change = () => undefined, options = {}) {
  const names = (request) => request.ExpressionAttributeNames;
  return clientOf(
    sdk,
    async (operation, input, count) => {
      const served = await change(operation, input, count);
      if (served !== undefined) return served;
      const ConsumedCapacity = { TableName: input.TableName, CapacityUnits: 1 };
      switch (operation) {
        case 'DescribeTable':
          return {
            Table: {
              TableId: 'table-1',
              ItemCount: items.length,
              TableSizeBytes: 1000 * items.length,
              KeySchema: [
                { AttributeName: 'id', KeyType: 'HASH' },
                { AttributeName: 'line', KeyType: 'RANGE' },
              ],
            },
          };
        case 'Scan':
          return { Items: wire(items), ConsumedCapacity };
        case 'UpdateItem': {
          const item = items.find(({ id }) => id.S === input.Key.id.S);
          for (const term of input.UpdateExpression.slice(4).split(' REMOVE ')[0].split(',')) {
            const [name, value] = term.split('=');
            item[names(input)[name]] = fromWire(input.ExpressionAttributeValues[value]);
          }
          return { ConsumedCapacity };
        }
        default:
          return { Item: wire(items.find(({ id }) => id.S === input.Key.id.S)), ConsumedCapacity };
      }
    },
    { maxAttempts: 1, ...options },
  );
}

/** Items in plaintext. */
export const plainItems = (count, more = {}) =>
  Array.from({ length: count }, (_, i) => ({
    id: { S: `c-${i}` },
    line: { N: '1' },
    ssn: { S: `078-05-${1000 + i}` },
    city: { S: 'Bern' },
    ...more,
  }));

/** Opens what a table stores, by ids. */
export async function openedOf(items, options) {
  const opened = await encryptor(options).decryptItems(items);
  return new Map(opened.map(({ item }) => [item.id.S, item]));
}
