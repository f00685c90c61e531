// Which cipher does the bodies of messages: the core's own, Node's or WebCrypto. Small frames never
// reach the host by themselves; here it gets all of them, and what it does is counted.

const NEVER = 0xffff_ffff;

/** The engines of this host; `bulkCipher` is the package's own choice, from pkg/bulk-cipher.js. */
export function engines({ core, bulkCipher }) {
  const bulk = bulkCipher(() => core().memory);
  return ['core', ...(bulk?.call ? ['node'] : []), ...(globalThis.crypto?.subtle ? ['web'] : [])];
}

/**
 * Gives every frame to one engine, for as long as the instance of the core lives.
 *
 * @param {{core: Function, bulkCipher: Function}} internals of pkg/core.js and pkg/bulk-cipher.js
 * @param {'core' | 'node' | 'web'} name
 * @returns {{frames: number, bytes: number}} what the host was given, as it grows
 */
export function useEngine({ core, bulkCipher }, name) {
  const instance = core();
  const bulk = bulkCipher(() => instance.memory);
  const counted = { frames: 0, bytes: 0 };
  const count = (at) => {
    const view = new DataView(instance.memory.buffer);
    const tasks = view.getUint32(at + 12, true);
    counted.frames += tasks;
    for (let i = 0; i < tasks; i++) counted.bytes += view.getUint32(at + 4 * (8 + 6 * i), true);
  };
  const host = {
    gcm(at) {
      count(at);
      return bulk.host.gcm(at);
    },
  };
  const call = (at) => {
    count(at);
    return bulk.call(at);
  };
  const least = name === 'core' ? NEVER : 0;
  instance.read((glue) =>
    glue.set_bulk_cipher(name === 'node' ? call : undefined, host, least, least),
  );
  return counted;
}

/** The package's own choice again. */
export function usualEngine({ core, bulkCipher }) {
  const instance = core();
  const { call, host, minFrame, minBatch } = bulkCipher(() => instance.memory);
  instance.read((glue) => glue.set_bulk_cipher(call, host, minFrame, minBatch));
}
