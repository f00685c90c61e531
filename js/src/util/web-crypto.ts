/** The host's WebCrypto. */

import { unsupported } from '../errors.js';

/** `undefined` where the host has none: browsers have it on https pages only. */
export function webCrypto(): SubtleCrypto | undefined {
  return (globalThis as { readonly crypto?: Partial<Crypto> }).crypto?.subtle;
}

/** @throws UnsupportedError where the host has none */
export function subtle(): SubtleCrypto {
  const found = webCrypto();
  if (found) return found;
  const next = 'Serve the page over https, or use a host that has WebCrypto.';
  throw unsupported('WebCrypto (browsers have it on https pages only)', next);
}
