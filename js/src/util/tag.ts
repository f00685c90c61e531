/**
 * What kind of object a value is, as `[object Map]`, whatever realm it is from: `instanceof` knows those of this one only. A proxy
 * that was revoked, which throws when it is asked, is none.
 */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return '';
  }
}
