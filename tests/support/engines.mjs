// Which cryptography does the bodies of messages, and verifies: the core's own, Node's or WebCrypto. Small frames never
// reach the host by themselves; here it gets all of them, and what it does is counted.

/** The engines of this host; `hostCrypto` is the package's own choice, from pkg/host/crypto.js. */
export function engines({ core, hostCrypto }) {
  const own = hostCrypto(() => core().memory);
  return ['core', ...(own?.call ? ['node'] : []), ...(globalThis.crypto?.subtle ? ['web'] : [])];
}

/**
 * Gives every frame to one engine, for as long as the instance of the core lives.
 *
 * @param {{core: Function, hostCrypto: Function}} internals of pkg/core/core.js and pkg/host/crypto.js
 * @param {'core' | 'node' | 'web'} name
 * @returns {{frames: number, bytes: number, rsa: number}} what the host was given, as it grows
 */
export function useEngine({ core, hostCrypto }, name) {
  const instance = core();
  const own = hostCrypto(() => instance.memory);
  const counted = { frames: 0, bytes: 0, rsa: 0 };
  const count = (at) => {
    const view = new DataView(instance.memory.buffer);
    const tasks = view.getUint32(at + 12, true);
    counted.frames += tasks;
    for (let i = 0; i < tasks; i++) counted.bytes += view.getUint32(at + 4 * (7 + 8 * i), true);
  };
  const host = {
    ...own,
    gcm(buffer) {
      count(buffer.at);
      return own.gcm(buffer);
    },
    rsa: (buffer) => {
      counted.rsa++;
      return own.rsa(buffer);
    },
  };
  const call = (kind, at) => {
    if (kind === 'gcm') count(at);
    if (kind === 'rsa') counted.rsa++;
    return own.call(kind, at);
  };
  instance.read((glue) => {
    if (name === 'core') glue.set_host_crypto(undefined, undefined, 0, 0);
    else glue.set_host_crypto(name === 'node' ? call : undefined, served(host), 0, 0);
  });
  return counted;
}

/** A host as the core takes it. */
const served = (host) => (kind, buffer) => host[kind](buffer);

/** The package's own choice again. */
export function usualEngine({ core, hostCrypto }) {
  const instance = core();
  const own = hostCrypto(() => instance.memory);
  instance.read((glue) => glue.set_host_crypto(own.call, served(own), own.minFrame, own.minBatch));
}
