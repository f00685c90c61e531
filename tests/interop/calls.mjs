// Calls on encrypted tables as an application makes them: AWS's SDK with the plugin, before a service that answers from the
// request. In the oracle's terms (`table-call`), so that the two can be compared.

import * as fieldseal from '../../pkg/entrypoints/index.js';

import { NEWEST as sdk, encryptedClientOf, fromWire, wire } from '../tables/support.mjs';
import { keyringOf, tableOf as tableOptions } from '../support/vectors.mjs';
import { text } from './model.mjs';

const { FieldsealError } = fieldseal;

/** A table of the plugin from its configuration in the oracle's terms. */
export const tableOf = (config) => tableOptions(config, keyringOf(fieldseal, config.keyring));

/** What `$unprocessed` of a response stands for: requests of the batch, by table and index. */
function answer(response, body) {
  const { $unprocessed: places, ...rest } = response;
  if (!places) return rest;
  const UnprocessedItems = {};
  for (const [table, index] of places)
    (UnprocessedItems[table] ??= []).push(body.RequestItems[table][index]);
  return { ...rest, UnprocessedItems };
}

/** As the oracle's `table-call`: `{ sent, output }`, or `{ error }`, with `sent` if the request was sent. */
export async function call({ tables, operation, input, response }) {
  const given = { tables: map(tables, tableOf) };
  const { client, sent } = encryptedClientOf(sdk, (_, body) => answer(response, body), { given });
  const told = () => (sent.length > 0 ? { sent: sent[0].input } : {});
  try {
    const { $metadata, ...output } = await client.send(
      new sdk[`${operation}Command`](fromWire(input)),
    );
    return { output: wire(output), ...told() };
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.code === 'INTERNAL') throw error;
    const codes = [error.code, ...(error.errors ?? []).map((one) => one.error.code)];
    return { error: error.message, codes, attribute: error.attribute, ...told() };
  }
}

export const map = (object, each) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, each(value, name)]));

/** A request with its items opened, where they are sealed: what an item sealed as says nothing of keys and ciphertexts. */
export async function withItemsOpened({ tables }, operation, sent, open) {
  const item = async (TableName, value) => {
    const config = tables[TableName?.split('/').at(-1)];
    const sealed = config && value?.aws_dbe_head?.B !== undefined;
    return sealed ? { $sealed: await open(config, value) } : value;
  };
  const put = async (request) =>
    request && { ...request, Item: await item(request.TableName, request.Item) };
  switch (operation) {
    case 'PutItem':
      return put(sent);
    case 'BatchWriteItem': {
      const lists = Object.entries(sent.RequestItems).map(async ([TableName, requests]) => [
        TableName,
        await Promise.all(
          requests.map(async (request) =>
            request.PutRequest
              ? { PutRequest: { Item: await item(TableName, request.PutRequest.Item) } }
              : request,
          ),
        ),
      ]);
      return { ...sent, RequestItems: Object.fromEntries(await Promise.all(lists)) };
    }
    case 'TransactWriteItems': {
      const entries = sent.TransactItems.map(async (entry) =>
        entry.Put ? { ...entry, Put: await put(entry.Put) } : entry,
      );
      return { ...sent, TransactItems: await Promise.all(entries) };
    }
  }
  return sent;
}

/** An item sealed by either, opened by the package. */
export async function openedHere(config, sealed) {
  const encryptor = new fieldseal.ItemEncryptor(tableOf(config));
  return wire((await encryptor.decryptItem(fromWire(sealed))).item);
}

export async function sealedHere(config, item) {
  // What is stored was written before a table was configured to write plaintext.
  const { plaintextOverride: _, ...options } = tableOf(config);
  const encryptor = new fieldseal.ItemEncryptor(options);
  return wire((await encryptor.encryptItem(fromWire(item))).item);
}

/** What a call came to, in one text: the request with its items opened and the output, or where it was refused. */
export async function outcomeOf(made, result) {
  const refused = result.error === undefined ? 'given' : result.sent ? 'not opened' : 'refused';
  const sent =
    result.sent && (await withItemsOpened(made, made.operation, result.sent, openedHere));
  return { verdict: refused, sent: text(sent), output: text(emptyLeftOut(result.output)) };
}

/** Members that hold nothing: the official library and the SDKs differ in whether they are there. */
function emptyLeftOut(output) {
  if (output === undefined) return undefined;
  const empty = (value) =>
    value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(output).filter(([, value]) => !empty(value)));
}
