/** Node's cryptography, without an import that a bundler would trip on. */

export type NodeCrypto = typeof import('node:crypto');

/** `node:crypto` in Node, Bun and Deno; undefined in browsers. */
export function nodeCrypto(): NodeCrypto | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process;
  return host?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
}
