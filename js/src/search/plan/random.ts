/** Random numbers by a seed, for simulations: not for keys. */

/** From this mean on, a binomial distribution is drawn as a normal one. */
const LARGE_MEAN = 40;

/** A generator of its own (sfc32), so that the same seed gives the same numbers in every host. */
export class SeededRandom {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#c = seed | 0;
    for (let i = 0; i < 16; i++) this.#next();
  }

  #next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    this.#c |= 0;
    return result >>> 0;
  }

  /** From 0 to 1, 1 excluded, in steps of 2^-53. */
  uniform(): number {
    return ((this.#next() >>> 5) * 2 ** 26 + (this.#next() >>> 6)) / 2 ** 53;
  }

  /** How many of `n` independent events happen, each with probability `p`, at most 1/2. */
  binomial(n: number, p: number): number {
    const mean = n * p;
    if (mean > LARGE_MEAN) {
      const drawn = Math.round(mean + Math.sqrt(mean * (1 - p)) * this.#normal());
      return Math.min(Math.max(drawn, 0), n);
    }
    let rest = this.uniform();
    let probability = Math.exp(n * Math.log1p(-p));
    let k = 0;
    while (rest >= probability && k < n) {
      rest -= probability;
      probability *= ((n - k) / (k + 1)) * (p / (1 - p));
      k += 1;
      // What is left of the uniform number is an error of rounding.
      if (probability === 0) break;
    }
    return k;
  }

  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}
