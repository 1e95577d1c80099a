/** What of a target is needed, and what goes. */
import { baseFolder, parseSegmentKey, type ShipLine, type ShipManifest } from "./manifest.ts";
import type { ShipTarget } from "./target.ts";

/** Leaves out what no moment from `keepFromMs` on needs: copies before the newest that is so old, and their log. */
export function retire(manifest: ShipManifest, keepFromMs: number): ShipManifest {
  const bases = manifest.lines.flatMap(({ line, bases }) => bases.map((base) => ({ line, ...base })));
  const oldest = bases.findLast(({ atMs }) => atMs <= keepFromMs) ?? bases[0];
  if (oldest === undefined) return manifest;
  const isKept = (line: number, id: number): boolean =>
    line > oldest.line || (line === oldest.line && id >= oldest.id);
  const lines = manifest.lines
    .map((line) => keepBases(line, (id) => isKept(line.line, id)))
    .filter((line, i) => line.bases.length > 0 || i === manifest.lines.length - 1);
  return { ...manifest, lines };
}

function keepBases(line: ShipLine, isKept: (id: number) => boolean): ShipLine {
  const bases = line.bases.filter(({ id }) => isKept(id));
  const first = bases[0];
  return first === undefined
    ? line
    : { ...line, bases, firstLsn: Math.max(line.firstLsn, Math.max(1, first.lsn)) };
}

/** Removes what a manifest does not name: what was retired, and what a crash left half-made. */
export async function sweep(target: ShipTarget, { lines }: ShipManifest): Promise<void> {
  const bases = new Set(lines.flatMap(({ line, bases }) => bases.map(({ id }) => baseFolder(line, id))));
  for (const key of await target.list("bases/")) {
    const folder = key.slice(0, key.lastIndexOf("/") + 1);
    if (/^bases\/\d{8}-\d{8}\//.test(key) && !bases.has(folder)) await target.remove(key);
  }
  for (const key of await target.list("log/")) {
    const segment = parseSegmentKey(key);
    if (segment === undefined) continue;
    const line = lines.find((one) => one.line === segment.line);
    const isNeeded =
      line !== undefined && segment.lastLsn >= line.firstLsn && segment.lastLsn <= line.lastLsn;
    if (!isNeeded) await target.remove(key);
  }
}
