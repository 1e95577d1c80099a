import { AssertionError } from "@millrace/base";
import type { Value } from "../document/value.ts";
import type { FieldLookup } from "../query/tests.ts";
import type { ColumnSet } from "./column-set.ts";

/** The fields of a row, looked up as those of a document are. */
export interface ColumnView extends FieldLookup {
  readonly moveTo: (row: number) => void;
}

/** A view of a set's rows; fields that the set does not have must not be asked for. */
export function columnView(set: ColumnSet): ColumnView {
  const { fields } = set;
  let row = 0;
  const field = (name: string): Value | undefined => {
    for (let i = 0; i < fields.length; i++) if (fields[i] === name) return set.value(i, row);
    throw new AssertionError(`the columns have the field ${name}`);
  };
  const made = field as { -readonly [K in keyof ColumnView]: ColumnView[K] } & typeof field;
  made.whole = () => {
    throw new AssertionError("a filter that columns answer looks at fields alone");
  };
  made.moveTo = (to: number) => {
    row = to;
  };
  return made;
}
