import { seededRandom } from "@millrace/base";

/**
 * Ranks from 0 on whose frequency falls with them: the one of rank r is asked for 1 / (r + 1) times as often as the
 * first (Zipf's law, exponent 1).
 * @param ranks - how many there are
 * @param count - how many are drawn
 */
export function zipfRanks(ranks: number, count: number): Uint32Array {
  const cumulative = new Float64Array(ranks);
  let sum = 0;
  for (let rank = 0; rank < ranks; rank++) {
    sum += 1 / (rank + 1);
    cumulative[rank] = sum;
  }
  const random = seededRandom(3);
  return Uint32Array.from({ length: count }, () => {
    const wanted = random.next() * sum;
    let lo = 0;
    for (let hi = ranks - 1; lo < hi; ) {
      const middle = (lo + hi) >> 1;
      if (cumulative[middle]! < wanted) lo = middle + 1;
      else hi = middle;
    }
    return lo;
  });
}
