import { isDocument, type Value } from "../../document/value.ts";
import { compileSort, type Sorter } from "../../query/sort.ts";
import { fail } from "../error.ts";
import { isNumeric, toNumber } from "../number.ts";

/** Compiles fields with 1 or -1, of any type of number. @throws LanguageError 15973, 15975 or 15976 */
export function compileSortSpec(name: string, operand: Value): Sorter {
  if (!isDocument(operand)) return fail(15973, name, operand, "an object");
  const fields = Object.entries(operand).map(([path, order]): [string, 1 | -1] => {
    const direction = isNumeric(order) ? toNumber(order) : Number.NaN;
    return direction === 1 || direction === -1
      ? [path, direction]
      : fail(15975, `${name} ${path}`, order, "1 or -1");
  });
  if (fields.length === 0) fail(15976, name, operand, "at least one field");
  return compileSort(Object.fromEntries(fields));
}
