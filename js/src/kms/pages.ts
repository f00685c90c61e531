/** Lists of the KMS API, page after page. */

import { MALFORMED_KMS_RESPONSE_ADVICE } from '../generated/codes.js';
import { MalformedInputError } from '../errors.js';
import type { Page, PageRequest } from './types.js';
import { ownCopy } from '../util/plain-object.js';

/** A page may be empty although there is more; so many in a row are an endpoint that has no end. */
const MAX_EMPTY = 1000;

/** All entries of all pages, each page fetched when its first entry is wanted. */
export function each<R extends PageRequest, T>(
  operation: string,
  request: R,
  fetchPage: (request: R) => Promise<[entries: readonly T[], page: Page]>,
): AsyncGenerator<T, void, undefined> {
  // Now and not when the first entry is wanted: the caller may have changed it by then.
  return pages(operation, ownCopy(request), fetchPage);
}

async function* pages<R extends PageRequest, T>(
  operation: string,
  request: R,
  fetchPage: (request: R) => Promise<[entries: readonly T[], page: Page]>,
): AsyncGenerator<T, void, undefined> {
  let page: R = request;
  // An endpoint that sends us in circles would keep us for ever. One marker is kept, of page 1, 2, 4, 8 …: a circle comes
  // back to it when it is longer than the circle (Brent).
  let kept: string | undefined;
  let empty = 0;
  for (let number = 1; ; number++) {
    const [entries, { truncated, nextMarker }] = await fetchPage(page);
    yield* entries;
    if (!truncated) return;
    empty = entries.length > 0 ? 0 : empty + 1;
    if (empty > MAX_EMPTY) throw nonsense(operation, `${empty} empty pages, one after the other`);
    if (nextMarker === undefined || nextMarker === '')
      throw nonsense(operation, 'more to come, but no NextMarker');
    if (nextMarker === kept) throw nonsense(operation, 'the same NextMarker again');
    if (Number.isInteger(Math.log2(number))) kept = nextMarker;
    page = { ...request, marker: nextMarker };
  }
}

function nonsense(operation: string, found: string): MalformedInputError {
  return new MalformedInputError({
    code: 'MALFORMED_KMS_RESPONSE',
    message: `malformed KMS response: the endpoint answered ${operation} with ${found}`,
    next: MALFORMED_KMS_RESPONSE_ADVICE,
    operation,
  });
}
