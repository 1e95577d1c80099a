import { InvalidArgumentError } from "@millrace/base";
import type { BlockSteps } from "./block-steps.ts";
import { checkFirst } from "./columns/behavior-columns.ts";
import { checkNumbers } from "./columns/series.ts";
import type { EpisodeColumns } from "./episode-columns.ts";
import type { FilledField } from "./fields.ts";
import type { BlockValues } from "./log-block.ts";

/** Rows with the steps they belong to. */
export interface Rows {
  readonly steps: BlockSteps;
  readonly values: BlockValues;
}

/** @throws InvalidArgumentError unless there are `width` values for each step, all of which the field can have */
export function checkRows(
  label: string,
  { steps, values }: Rows,
  field: FilledField,
  width: number,
  deep: boolean,
): void {
  if (values.length !== steps.count * width) {
    const expected = `${steps.count * width} values, ${width} for each of ${steps.count} steps`;
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", `${label} of a block`, values.length, expected);
  }
  checkNumbers(label, steps.first, values, field, deep);
}

/** Checks rows of behavior against the series of that name, or as its first ones. @throws InvalidArgumentError */
export function checkSeriesRows(columns: EpisodeColumns, name: string, rows: Rows, deep: boolean): void {
  const { count, first } = rows.steps;
  if (count === 0) return;
  const width = rows.values.length / count;
  if (!Number.isInteger(width) || width < 1) {
    const expected = `a multiple of ${count}, the steps`;
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", `behavior.${name}`, rows.values.length, expected);
  }
  const series = columns.existingBehavior?.find(name);
  if (series === undefined) {
    checkFirst(first, name, rows.values, columns.options.fields.behavior.get(name), deep);
    return;
  }
  series.checkWidth(first, width === 1 && series.width === undefined ? undefined : width);
  series.checkKind(first, rows.values);
  checkNumbers(series.label, first, rows.values, series.field, deep);
}

/** The width of a series that begins with these rows: undefined where each is a plain number. */
export function widthOf({ steps, values }: Rows): number | undefined {
  return values.length === steps.count ? undefined : values.length / steps.count;
}
