/** Errors about forms. */

import {
  FieldsealError,
  HostError,
  MalformedInputError,
  UsageError,
  type FieldsealErrorCode,
} from '../errors.js';

/** An error about what a client sent; it names fields, and has no value in it. */
export function malformed(
  problem: string,
  next: string,
  field?: string,
  code: FieldsealErrorCode = 'MALFORMED_ATTRIBUTE',
): MalformedInputError {
  const named = field === undefined || problem.includes(field);
  const where = named ? '' : ` (field '${field}')`;
  const message = `malformed ${code === 'MALFORMED_MESSAGE' ? 'token' : 'form'}: ${problem}${where}`;
  return new MalformedInputError({
    code,
    message,
    next,
    ...(field === undefined ? {} : { attribute: field }),
  });
}

/** The error for plaintext in the place of a sealed field. */
export function plaintext(field: string): UsageError {
  return new UsageError({
    code: 'PLAINTEXT_ITEM',
    message: `the field '${field}' is to be sealed, and came in plaintext`,
    next: 'Refuse it, and have the page seal its form before it sends it.',
    attribute: field,
  });
}

/**
 * What may be shown to the page, and kept by it: an error of this package without its cause, which may be the page's own. Of
 * another error, its name.
 */
export function shown(error: unknown): FieldsealError {
  if (error instanceof FieldsealError) return FieldsealError.fromJSON(error.toJSON());
  const name = error instanceof Error || error instanceof DOMException ? error.name : 'no error';
  return new HostError({
    code: 'HOST_FAILED',
    message: `the form could not be sealed and sent: ${name}`,
    next: 'Try again.',
  });
}
