import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { type Geometry, geometryOf, pairOf } from "../mql/geo/geometry.ts";
import type { FieldLookup } from "../query/filter.ts";
import { someAtPath } from "../query/path.ts";
import { cellKeys, coverBox } from "./cells.ts";
import type { IndexDefinition, IndexField } from "./definition.ts";
import { boxesOfGeometry } from "./geo-boxes.ts";
import { type FieldKeys, NO_PATH } from "./key-parts.ts";

/** The cells of a document's places in a field. @throws LanguageError 16755 for no place, 13027 outside of the index */
export function placeKeys(definition: IndexDefinition, field: IndexField, lookup: FieldLookup): FieldKeys {
  const { parts, kind, path } = field;
  const keys: Uint8Array[] = [];
  const add = (value: Value | undefined): void => {
    if (value === undefined || value === null) return;
    const boxes =
      kind === "2d" ? flatBoxes(value) : geometryOf(value) && boxesOfGeometry(geometryOf(value) as Geometry);
    if (boxes === undefined)
      fail(
        16755,
        `index ${definition.name}: ${path}`,
        value,
        kind === "2d" ? "a pair of numbers" : "a place",
      );
    for (const box of boxes) {
      if (
        kind === "2d" &&
        (box[0] < definition.square[0] ||
          box[1] < definition.square[1] ||
          box[0] >= definition.square[2] ||
          box[1] >= definition.square[3])
      )
        fail(13027, `index ${definition.name}: ${path}`, value, "a point between the index's min and max");
      keys.push(...cellKeys(coverBox(box, definition.square)));
    }
  };
  someAtPath(lookup(parts[0]!), parts, 1, (value) => {
    if (Array.isArray(value) && pairOf(value as readonly Value[]) === undefined) {
      for (const element of value as readonly Value[]) add(element);
    } else add(value);
    return false;
  });
  // Another field of the index is there: null stands for the place.
  if (keys.length === 0) keys.push(NO_PATH);
  // Always: a shape has several cells, and a document is wanted once.
  return { keys, isMultikey: true };
}

function flatBoxes(value: Value): [number, number, number, number][] | undefined {
  const pair = isDocument(value) && value.type !== undefined ? undefined : pairOf(value as Document);
  return pair === undefined ? undefined : [[pair[0], pair[1], pair[0], pair[1]]];
}
