/** Lists of the KMS API, page after page. */

import { MALFORMED_KMS_RESPONSE_ADVICE } from '../generated/codes.js';
import { MalformedInputError } from '../errors.js';
import type { Page, PageRequest } from './types.js';
import { ownCopy } from '../util/plain-object.js';

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
  const seen = new Set<string>();
  let page: R = request;
  for (;;) {
    const [entries, { truncated, nextMarker }] = await fetchPage(page);
    yield* entries;
    if (!truncated) return;
    // An endpoint that sends us in circles would keep us for ever.
    if (nextMarker === undefined || nextMarker === '')
      throw nonsense(operation, 'more to come, but no NextMarker');
    if (seen.has(nextMarker)) throw nonsense(operation, 'the same NextMarker again');
    seen.add(nextMarker);
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
