/** A word of flags that are all set. */
export const FLAG_WORD = 0x01010101;

/** Whether each byte is 0 or 1. */
export function areFlags(flags: Uint8Array): boolean {
  const words = wordsInPlace(flags);
  return words === undefined
    ? haveOnly(flags, 0, flags.length, 1)
    : haveOnly(words, 0, words.length, FLAG_WORD);
}

/** Whether none of values[start, end) has other bits than `allowed`. */
export function haveOnly(
  values: Uint8Array | Uint32Array,
  start: number,
  end: number,
  allowed: number,
): boolean {
  let bits = 0;
  let more = 0;
  // Two chains: one by one each step would wait for the one before.
  let i = start;
  for (; i + 2 <= end; i += 2) {
    bits |= values[i]!;
    more |= values[i + 1]!;
  }
  if (i < end) bits |= values[i]!;
  return ((bits | more) & ~allowed) === 0;
}

/** Bytes as words without a copy, where they begin and end at one. */
function wordsInPlace(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.byteOffset % 4 !== 0 || bytes.length % 4 !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

/** As `listFlags` of codecs, for flags that may be anything: those that are not 0, not false and not NaN are listed. */
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
