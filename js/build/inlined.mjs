// A core as text, in a module that returns its bytes: whoever bundles the package has nothing else to deliver.

/** The module in both forms. */
export function asText(bytes) {
  const base64 = bytes.toString('base64');
  return {
    esm: `import { decoded } from '../core/decode.js';\nexport default () => decoded('${base64}');\n`,
    // Mostly for Node, which has a decoder. Bundlers would put one into a page for the plain name.
    cjs: `'use strict';
Object.defineProperty(exports, '__esModule', { value: true });
const base64 = '${base64}';
exports.default = () => {
  const { Buffer } = globalThis;
  if (Buffer !== undefined) return Buffer.from(base64, 'base64');
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
};
`,
  };
}
