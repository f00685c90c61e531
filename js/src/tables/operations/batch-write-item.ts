/** BatchWriteItem (P3, P12). */

import type { AttributeMap } from '../../items/attribute-value.js';
import { isPlainObject } from '../../util/plain-object.js';
import type { Operation } from '../call.js';
import { eachKey, mustBeWritable } from '../form.js';
import { listsIn, listsOf, maps } from '../members.js';
import { anotherRecord, keyText } from '../record-key.js';
import type { Output } from '../sdk.js';
import type { Placed } from '../in-batches.js';
import { sealAll } from '../seal.js';
import type { EncryptedTable, EncryptedTableMap } from '../table.js';

/** A request of a batch, whose members are the caller's or the service's. */
interface WriteRequest {
  readonly PutRequest?: { readonly Item?: AttributeMap };
  readonly DeleteRequest?: { readonly Key?: AttributeMap };
}

export const batchWriteItem: Operation = async (input, { tables, signal }) => {
  const given = listsIn(input, 'RequestItems') as [string, readonly WriteRequest[]][];
  const puts: Placed[] = [];
  const ours: [EncryptedTable, readonly WriteRequest[]][] = [];
  for (const [name, requests] of given) {
    const table = tables.find(name);
    if (!table) continue;
    ours.push([table, requests]);
    for (const [index, { PutRequest, DeleteRequest }] of requests.entries()) {
      eachKey(table, [DeleteRequest?.Key]);
      if (!PutRequest) continue;
      mustBeWritable(table, PutRequest.Item);
      puts.push({ table, item: PutRequest.Item!, index });
    }
  }
  if (ours.length === 0) return undefined;

  const sealed = (await sealAll(puts, signal)).values();
  const originals = new Originals(ours);
  const requests = given.map(([name, requests]): [string, readonly WriteRequest[]] => {
    if (!tables.find(name)) return [name, requests];
    const sent = requests.map((request) => {
      if (!request.PutRequest) return request;
      const Item = sealed.next().value!;
      return { ...request, PutRequest: { ...request.PutRequest, Item } };
    });
    return [name, sent];
  });
  return {
    input: { ...input, RequestItems: Object.fromEntries(requests) },
    output: (output) => withOriginals(tables, output, originals),
  };
};

/** The requests that were given, by their keys: a batch has one of each. */
class Originals {
  readonly #byKey = new Map<EncryptedTable, Map<string, WriteRequest>>();

  constructor(given: readonly (readonly [EncryptedTable, readonly WriteRequest[]])[]) {
    for (const [table, requests] of given) {
      const known = this.#byKey.get(table) ?? new Map<string, WriteRequest>();
      this.#byKey.set(table, known);
      for (const request of requests) known.set(keyOfRequest(table, request), request);
    }
  }

  /** The request that one that was not processed was. What the service says beside its key would be sealed when it is sent again. */
  of(table: EncryptedTable, unprocessed: WriteRequest): WriteRequest {
    const original = this.#byKey.get(table)?.get(keyOfRequest(table, unprocessed));
    if (original) return original;
    throw anotherRecord(table);
  }
}

function keyOfRequest(table: EncryptedTable, { PutRequest, DeleteRequest }: WriteRequest): string {
  const item: unknown = PutRequest ? PutRequest.Item : DeleteRequest?.Key;
  return isPlainObject(item) ? keyText(table, item as AttributeMap) : '';
}

/** UnprocessedItems as the caller gave them, in plaintext, to be sent again. */
function withOriginals(tables: EncryptedTableMap, output: Output, originals: Originals): Output {
  const unprocessed = listsOf(output, 'UnprocessedItems');
  if (unprocessed.length === 0) return output;
  const given = unprocessed.map(([name, requests]): [string, readonly unknown[]] => {
    const table = tables.find(name);
    if (!table) return [name, requests];
    const ours = maps<WriteRequest>(requests, `UnprocessedItems['${name}']`);
    return [name, ours.map((request) => originals.of(table, request))];
  });
  return { ...output, UnprocessedItems: Object.fromEntries(given) };
}
