// A small seeded generator of random numbers (sfc32), so that every run can be repeated from its
// seed.

/** Random choices that follow from a seed alone. */
export class Random {
  #state;

  /** @param {string} seed any text */
  constructor(seed) {
    // FNV-1a over the seed with four offsets; sfc32 wants a few rounds to mix them.
    this.#state = [1, 2, 3, 4].map((offset) => {
      let hash = 0x811c9dc5 ^ offset;
      for (const char of seed) hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193);
      return hash >>> 0;
    });
    for (let i = 0; i < 15; i++) this.word();
  }

  /** 32 random bits. */
  word() {
    let [a, b, c, d] = this.#state;
    const out = (a + b + d) >>> 0;
    d = (d + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + out) >>> 0;
    this.#state = [a, b, c, d];
    return out;
  }

  /** A whole number, `low` to `high`, both included. */
  int(low, high) {
    return low + Math.floor((this.word() / 2 ** 32) * (high - low + 1));
  }

  /** True in `percent` of 100 cases. */
  chance(percent) {
    return this.int(1, 100) <= percent;
  }

  /** One of them. */
  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  bytes(length) {
    return Uint8Array.from({ length }, () => this.int(0, 255));
  }

  /** What `make` answers, `count` times. */
  times(count, make) {
    return Array.from({ length: count }, (_, i) => make(i));
  }
}
