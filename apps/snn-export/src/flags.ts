/** Bits that no word of flags of 0 and 1 has. */
const NO_FLAG = 0xfefefefe | 0;

/** Whether each byte is 0 or 1. */
export function areFlags(flags: Uint8Array): boolean {
  const words = wordsInPlace(flags);
  if (words === undefined) return !flags.some((flag) => flag > 1);
  let bits = 0;
  let more = 0;
  // Two chains of four: one by one each step would wait for the one before.
  const end = words.length & ~3;
  let i = 0;
  for (; i < end; i += 4) {
    bits |= words[i]! | words[i + 1]!;
    more |= words[i + 2]! | words[i + 3]!;
  }
  for (; i < words.length; i++) bits |= words[i]!;
  return ((bits | more) & NO_FLAG) === 0;
}

/** Bytes as words without a copy, where they begin and end at one. */
function wordsInPlace(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.byteOffset % 4 !== 0 || bytes.length % 4 !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

/**
 * Lists the set ones of flags[start, end) by their index from `start`, ascending.
 * @param flags - each 0 or 1
 * @param dst - takes the indices from `dstStart` on; has room for end - start
 * @returns where in `dst` the indices end; -1 when a flag is neither 0 nor 1, and what `dst` holds then is unspecified
 */
export function listFlags(
  flags: Uint8Array,
  start: number,
  end: number,
  dst: Uint16Array | Uint32Array,
  dstStart: number,
): number {
  const count = end - start;
  let bits = 0;
  let at = dstStart;
  let i = 0;
  // Every index is written, and the next one over it unless its flag is set: no branch that could be guessed wrongly.
  for (const groups = count & ~3; i < groups; i += 4) {
    const a = flags[start + i]!;
    const b = flags[start + i + 1]!;
    const c = flags[start + i + 2]!;
    const d = flags[start + i + 3]!;
    bits |= a | b | c | d;
    dst[at] = i;
    dst[at + a] = i + 1;
    dst[at + a + b] = i + 2;
    dst[at + a + b + c] = i + 3;
    at += a + b + c + d;
  }
  for (; i < count; i++) {
    const flag = flags[start + i]!;
    bits |= flag;
    dst[at] = i;
    at += flag;
  }
  return bits > 1 ? -1 : at;
}

/** As {@link listFlags}, for flags that may be anything: those that are not 0, not false and not NaN are listed. */
export function listTruthy(
  flags: ArrayLike<unknown>,
  start: number,
  end: number,
  dst: Uint16Array | Uint32Array,
  dstStart: number,
): number {
  let at = dstStart;
  for (let i = start; i < end; i++) if (flags[i]) dst[at++] = i - start;
  return at;
}
