import { formatRate } from "@millrace/cli";
import type { CaseResult } from "./run-case.ts";

/** A contender's rate for people; of what is counted rather than timed, without "a second". */
export function formatFigure(
  { unit, isCounted }: Pick<CaseResult, "unit" | "isCounted">,
  perSecond: number,
): string {
  return isCounted === true ? `${Number(perSecond.toPrecision(3))} ${unit}` : formatRate(perSecond, unit);
}
