/**
 * Options that bound what data from somebody else may cost.
 *
 * @module
 */

import { MAX_PENDING_BYTES } from './core.js';
import { usage } from '../errors.js';

/** The longest header of a message that is read or written by default, in bytes. */
export const MAX_HEADER_LENGTH = 1 << 20;

/**
 * The value of such an option: a whole number from 1 to `max`, or `Infinity`, which stands for `max`, the limit of the
 * format or of the core.
 */
export function limitOption(
  name: string,
  value: number | undefined,
  byDefault: number,
  max: number,
): number {
  if (value === undefined) return byDefault;
  if (value === Infinity) return max;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  const range = `from 1 to ${max.toLocaleString('en')}, or Infinity`;
  throw usage('INVALID_CONFIG', `${name} must be a whole number ${range}`);
}

/** The most bytes that operations may hold while they wait. */
export function pendingLimit(value: number | undefined): number {
  return limitOption('maxPendingBytes', value, MAX_PENDING_BYTES, Number.MAX_SAFE_INTEGER);
}
