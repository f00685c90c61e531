import { KmsFault } from '../errors.js';
import type { Input } from '../input.js';

/** Reads Limit and Marker. */
export function readPage(input: Input, defaults: { limit: number; max: number }): Page {
  return {
    limit: input.optionalInteger('Limit', { min: 1, max: defaults.max }) ?? defaults.limit,
    marker: input.optionalText('Marker', { min: 1, max: 1024 }),
  };
}

export interface Page {
  readonly limit: number;
  readonly marker: string | undefined;
}

/**
 * One page of `items`. The marker names the last item given out rather than a position, so items
 * added or deleted meanwhile are neither repeated nor skipped.
 */
export function paginate<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  { limit, marker }: Page,
): { page: T[]; more: { Truncated: boolean; NextMarker?: string } } {
  const sorted = [...items].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const after = marker === undefined ? undefined : decode(marker);
  const rest = after === undefined ? sorted : sorted.filter((item) => idOf(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return rest.length > limit && last !== undefined
    ? { page, more: { Truncated: true, NextMarker: encode(idOf(last)) } }
    : { page, more: { Truncated: false } };
}

const encode = (id: string): string => Buffer.from(`after:${id}`).toString('base64');

function decode(marker: string): string {
  const text = Buffer.from(marker, 'base64').toString();
  if (!text.startsWith('after:')) throw new KmsFault('InvalidMarkerException', 'Invalid marker');
  return text.slice('after:'.length);
}
