/** Turns polarities of 0 and 1 into -1 and 1, in place; -1 is 255 in the same byte. */
export function signPolarities(p: Uint8Array): void {
  const head = Math.min(p.length, -p.byteOffset & 3);
  const wordCount = (p.length - head) >>> 2;
  if (wordCount > 0) signWords(new Int32Array(p.buffer, p.byteOffset + head, wordCount));
  for (let i = 0; i < head; i++) p[i] = 2 * p[i]! - 1;
  for (let i = head + 4 * wordCount; i < p.length; i++) p[i] = 2 * p[i]! - 1;
}

/** Four at a time: 255 less 254 times the bit, which no byte borrows for. */
function signWords(words: Int32Array): void {
  for (let i = 0; i < words.length; i++) words[i] = ~Math.imul(words[i]!, 0xfe);
}
