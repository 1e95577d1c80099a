/** A seeded stream of pseudo-random numbers: the same seed gives the same numbers on every machine. */
export interface SeededRandom {
  /** The next number in [0, 1), of 32 bits. */
  next(): number;
  /** The next unsigned 32-bit integer. */
  nextU32(): number;
  /** The next integer in [lo, hi], both included; hi - lo below 2^32. */
  nextInt(lo: number, hi: number): number;
  /** The next normally distributed number, mean 0, deviation 1 (Box and Muller, 1958). */
  nextNormal(): number;
  /** Fills `bytes` with random bytes and returns it. */
  fill(bytes: Uint8Array): Uint8Array;
}

/**
 * Makes a generator: sfc32 by Chris Doty-Humphrey (PractRand), seeded through splitmix32. Not for secrets.
 * @param seed - any integer; its low 32 bits count
 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  const splitmix32 = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = splitmix32();
  let b = splitmix32();
  let c = splitmix32();
  let counter = 1;
  const nextU32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) nextU32();
  const next = (): number => nextU32() / 2 ** 32;
  return {
    next,
    nextU32,
    nextInt: (lo, hi) => lo + Math.floor(next() * (hi - lo + 1)),
    nextNormal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fill: (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = nextU32();
      return bytes;
    },
  };
}
