/** BatchWriteItem (P3, P12). */

import type { AttributeMap } from '../../items/attribute-value.js';
import { FOOTER } from '../../items/codec/pack.js';
import { internal } from '../../errors.js';
import { toBase64 } from '../../util/base64.js';
import type { Operation } from '../call.js';
import { eachKey, mustBeWritable } from '../form.js';
import { listsIn, listsOf } from '../members.js';
import type { Output } from '../sdk.js';
import type { Placed } from '../in-batches.js';
import { sealAll } from '../seal.js';
import type { EncryptedTableMap } from '../table.js';

/** A request of a batch, whose members are the caller's or the service's. */
interface WriteRequest {
  readonly PutRequest?: { readonly Item?: AttributeMap };
  readonly DeleteRequest?: { readonly Key?: AttributeMap };
}

export const batchWriteItem: Operation = async (input, { tables, signal }) => {
  const given = listsIn(input, 'RequestItems') as [string, readonly WriteRequest[]][];
  const puts: Placed[] = [];
  let encrypted = false;
  for (const [name, requests] of given) {
    const table = tables.find(name);
    if (!table) continue;
    encrypted = true;
    for (const [index, { PutRequest, DeleteRequest }] of requests.entries()) {
      eachKey(table, [DeleteRequest?.Key]);
      if (!PutRequest) continue;
      mustBeWritable(table, PutRequest.Item);
      puts.push({ table, item: PutRequest.Item!, index });
    }
  }
  if (!encrypted) return undefined;

  const sealed = (await sealAll(puts, signal)).values();
  const originals = new Originals();
  const requests = given.map(([name, requests]): [string, readonly WriteRequest[]] => {
    if (!tables.find(name)) return [name, requests];
    const sent = requests.map((request) => {
      if (!request.PutRequest) return request;
      const Item = sealed.next().value!;
      originals.add(Item, request);
      return { ...request, PutRequest: { ...request.PutRequest, Item } };
    });
    return [name, sent];
  });
  return {
    input: { ...input, RequestItems: Object.fromEntries(requests) },
    output: (output) => withOriginals(tables, output, originals),
  };
};

/** The requests that were given, by the footer of what became of their items: no two are the same. */
class Originals {
  readonly #byFooter = new Map<string, WriteRequest>();

  add(sealed: AttributeMap, request: WriteRequest): void {
    const footer = footerOf(sealed);
    if (footer !== undefined) this.#byFooter.set(footer, request);
  }

  /** The request that one that was not processed was; one without a footer was not sealed, and is that itself. */
  of(unprocessed: WriteRequest): WriteRequest {
    const footer = footerOf(unprocessed.PutRequest?.Item);
    if (footer === undefined) return unprocessed;
    const original = this.#byFooter.get(footer);
    if (original) return original;
    throw internal('the service returned an unprocessed item that was not in the request');
  }
}

function footerOf(item: AttributeMap | undefined): string | undefined {
  const footer = item && Object.hasOwn(item, FOOTER) ? item[FOOTER]!.B : undefined;
  return footer && toBase64(footer);
}

/** UnprocessedItems as the caller gave them, in plaintext, to be sent again. */
function withOriginals(tables: EncryptedTableMap, output: Output, originals: Originals): Output {
  const unprocessed = listsOf<WriteRequest>(output, 'UnprocessedItems');
  if (unprocessed.length === 0) return output;
  const given = unprocessed.map(([name, requests]): [string, readonly WriteRequest[]] => [
    name,
    tables.find(name) ? requests.map((request) => originals.of(request)) : requests,
  ]);
  return { ...output, UnprocessedItems: Object.fromEntries(given) };
}
