import { listIndexSpecs } from "./collection-indexes.ts";
import { type Document, isDocument } from "./document/value.ts";
import { fail } from "./mql/error.ts";
import type { GeoNearSpec, KeyedGeoNear } from "./mql/pipeline/geo-near.ts";
import type { Executor } from "./storage/executor.ts";

/** The kinds of indexes on places; MongoDB takes the first kind that there is. */
const KINDS = ["2d", "2dsphere"];

/**
 * Finds the field that a `$geoNear` without a key means: that of the only index on places.
 * @throws LanguageError 27 where there is none, or more than one of a kind
 */
export async function withIndexedKey(
  engine: Executor,
  name: string,
  spec: GeoNearSpec,
): Promise<KeyedGeoNear> {
  const specs = await engine.read((pager) => listIndexSpecs(pager, name));
  const fields = KINDS.flatMap((kind) => specs.flatMap((index) => fieldsOf(index, kind)));
  const own = fields.filter(({ path }) => spec.key === undefined || path === spec.key);
  const first = own.filter(({ kind }) => kind === own[0]?.kind);
  if (spec.key === undefined && first.length !== 1 && specs.length > 0)
    fail(27, "$geoNear", first.length, "one 2d or 2dsphere index, or the field as key");
  const isSphere = spec.isSphere || first[0]?.kind === "2dsphere";
  return { ...spec, isSphere, key: spec.key ?? first[0]?.path ?? "_id" };
}

function fieldsOf({ key, hidden }: Document, kind: string): { path: string; kind: string }[] {
  if (!isDocument(key) || hidden === true) return [];
  return Object.entries(key)
    .filter(([, order]) => order === kind)
    .map(([path]) => ({ path, kind }));
}
