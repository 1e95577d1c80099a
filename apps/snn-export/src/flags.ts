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
