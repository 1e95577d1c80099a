import { isMillraceError } from "@millrace/base";
import type { ShardBackend } from "./backend.ts";
import { type FilledConfig, placesOf } from "./config.ts";
import type { Manifest } from "./manifest.ts";
import type { ManifestCopy } from "./manifests.ts";
import { placeShards } from "./placement.ts";

type Copied = Pick<Manifest, "inline" | "parityShards">;

/** How many backends keep a manifest: all; that of a small object as many as may be lost, and one more. */
export function copiesWanted({ inline, parityShards }: Copied, backends: number): number {
  return inline === null ? backends : Math.min(parityShards + 1, backends);
}

/** The backends in the order in which they are asked to keep a copy of an object's manifest. */
export function rankForCopies(
  config: FilledConfig,
  backends: readonly ShardBackend[],
  key: string,
  { inline, dataShards, parityShards }: Copied & Pick<Manifest, "dataShards">,
): ShardBackend[] {
  if (inline === null) return [...backends];
  const ranked = placeShards(key, placesOf(config), dataShards, parityShards);
  const placeOf = ({ name }: ShardBackend): number => {
    const place = ranked.indexOf(name);
    return place < 0 ? ranked.length : place;
  };
  return backends.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** What of the copies of a manifest is not as it should be: damaged and outdated ones, and as many as are too few. */
export function badCopies(manifest: Manifest, copies: readonly ManifestCopy[]): ManifestCopy[] {
  const isRight = (copy: ManifestCopy): boolean =>
    copy.manifest?.uploadId === manifest.uploadId && copy.manifest.generation === manifest.generation;
  const isMissing = (copy: ManifestCopy): boolean => isMillraceError(copy.problem, "FILES_NOT_FOUND");
  const wrong = copies.filter((copy) => !isRight(copy));
  const right = copies.length - wrong.length;
  let tooFew = Math.max(0, copiesWanted(manifest, copies.length) - right);
  return wrong.filter((copy) => !isMissing(copy) || tooFew-- > 0);
}

/** The copies of backends that are there. @param away - names of the others */
export function presentCopies(copies: readonly ManifestCopy[], away: ReadonlySet<string>): ManifestCopy[] {
  return copies.filter(({ backend }) => !away.has(backend.name));
}
