import type { Stripes } from "../stripes.ts";

/** Threads never write into one line of the cache, and no kernel's turn is cut. */
const PART_BYTES = 64;

/**
 * Shares stripes out evenly: whole ones where there are enough for all, else parts of each.
 * @param parts - how many shares there are at the most
 */
export function shareOut(stripes: Stripes, parts: number): Stripes[] {
  const { start, unitBytes, stride, count } = stripes;
  const shares: Stripes[] = [];
  for (let part = 0; part < parts; part++) {
    if (count >= parts) {
      const first = Math.floor((count * part) / parts);
      const end = Math.floor((count * (part + 1)) / parts);
      shares.push({ ...stripes, start: start + first * stride, count: end - first });
    } else {
      const cut = (i: number): number =>
        i === parts ? unitBytes : Math.floor((unitBytes * i) / parts / PART_BYTES) * PART_BYTES;
      shares.push({ start: start + cut(part), unitBytes: cut(part + 1) - cut(part), stride, count });
    }
  }
  return shares.filter((share) => share.unitBytes * share.count > 0);
}
