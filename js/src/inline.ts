/** The default source: the core's bytes are part of this package, and compile synchronously. */

import base64 from './wasm-base64.js';
import { setModuleSource } from './module.js';

setModuleSource(() => {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new WebAssembly.Module(bytes);
});
