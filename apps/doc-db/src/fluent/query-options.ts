import type { JoinKind } from "./joins.ts";

/** What `window` needs to know besides the function. */
export interface WindowOptions {
  readonly partitionBy?: string;
  readonly orderBy: Readonly<Record<string, "ascending" | "descending">>;
  /** Rows of the frame: from so many before to so many behind; "all" without it. */
  readonly rows?: readonly [number | "unbounded", number | "unbounded"];
}

/** How `join` finds partners. */
export interface JoinOptions<As extends string> {
  readonly local: string;
  readonly foreign: string;
  /** The field that the partner becomes. */
  readonly as: As;
  readonly kind?: JoinKind;
}
