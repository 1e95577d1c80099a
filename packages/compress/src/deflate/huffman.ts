/** Bits of the longest code that deflate takes. */
export const LONGEST_CODE = 15;

// Scratch of one call after another; a block has at most 286 symbols.
const ROOM = 288;
const sorted = new Uint32Array(ROOM);
const weights = new Uint32Array(2 * ROOM);
const parents = new Uint16Array(2 * ROOM);
const depths = new Uint8Array(2 * ROOM);

/**
 * Lengths of a Huffman code, in bits; 0 for symbols that do not come.
 *
 * Where the best code has longer ones than deflate takes, rare symbols are taken for less rare until it has not.
 * @param counts - how often each symbol comes, 65,537 at the most; two of them do at least
 * @param lengths - output
 */
export function huffmanLengths(counts: Uint32Array, lengths: Uint8Array): void {
  for (let least = 1; buildLengths(counts, least, lengths) > LONGEST_CODE; least *= 2);
}

/** @returns the longest length */
function buildLengths(counts: Uint32Array, least: number, lengths: Uint8Array): number {
  let leaves = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    const count = counts[symbol]!;
    // The count above, the symbol in nine bits below: one sort for both.
    if (count > 0) sorted[leaves++] = (Math.max(count, least) << 9) | symbol;
  }
  sorted.subarray(0, leaves).sort();
  for (let i = 0; i < leaves; i++) weights[i] = sorted[i]! >>> 9;
  // Two queues, both ascending: leaves from 0 on, and what they were joined to from `leaves` on (van Leeuwen, 1976).
  let leaf = 0;
  let joined = leaves;
  const root = 2 * leaves - 2;
  for (let node = leaves; node <= root; node++) {
    let weight = 0;
    for (let child = 0; child < 2; child++) {
      const isLeaf = leaf < leaves && (joined >= node || weights[leaf]! <= weights[joined]!);
      const taken = isLeaf ? leaf++ : joined++;
      weight += weights[taken]!;
      parents[taken] = node;
    }
    weights[node] = weight;
  }
  lengths.fill(0);
  depths[root] = 0;
  for (let node = root - 1; node >= 0; node--) depths[node] = depths[parents[node]!]! + 1;
  for (let i = 0; i < leaves; i++) lengths[sorted[i]! & 511] = depths[i]!;
  return depths[0]!;
}

const firstCodes = new Uint16Array(LONGEST_CODE + 2);

/** The codes of these lengths (RFC 1951, section 3.2.2), with their bits in the order in which they are written. */
export function huffmanCodes(lengths: Uint8Array, codes: Uint16Array): void {
  firstCodes.fill(0);
  for (const length of lengths) if (length > 0) firstCodes[length + 1] = firstCodes[length + 1]! + 1;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    firstCodes[length + 1] = (firstCodes[length]! + firstCodes[length + 1]!) << 1;
  }
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    codes[symbol] = reverse(firstCodes[length]!, length);
    firstCodes[length] = firstCodes[length]! + 1;
  }
}

function reverse(code: number, length: number): number {
  let reversed = 0;
  for (let bit = 0; bit < length; bit++) reversed |= ((code >>> bit) & 1) << (length - 1 - bit);
  return reversed;
}
