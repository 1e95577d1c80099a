/** Plans as MongoDB's `explain` shows them. */
import type { Document, Value } from "../document/value.ts";
import type { CompiledFilter } from "./filter.ts";
import type { KeyScan, Plan } from "./plan.ts";
import type { SortSpec } from "./sort.ts";

/** The name of the index that a plan reads; several with a comma between; undefined for all documents. */
export function indexName({ scans, isFullScan }: Plan): string | undefined {
  if (isFullScan) return undefined;
  return [...new Set(scans.map(({ index }) => index?.definition.name ?? "_id_"))].join(",");
}

/** Stages from the outermost on, each with its `inputStage`. */
export function winningPlan(plan: Plan | undefined, filter: CompiledFilter, sort: SortSpec): Document {
  const found = sourceStage(plan, filter);
  const isSorted = Object.keys(sort).length === 0 || plan?.isSorted === true;
  return isSorted ? found : { stage: "SORT", sortPattern: sort as Document, inputStage: found };
}

function sourceStage(plan: Plan | undefined, filter: CompiledFilter): Document {
  if (filter.text !== undefined) return { stage: "TEXT_MATCH", inputStage: { stage: "IXSCAN" } };
  if (plan === undefined) return { stage: "EOF" };
  if (plan.isFullScan) return { stage: "COLLSCAN", direction: directionOf(plan.scans[0]!) };
  const [first, ...others] = plan.scans.map(scanStage);
  const input = others.length === 0 ? first! : { stage: "OR", inputStages: [first!, ...others] };
  return { stage: "FETCH", inputStage: input };
}

function scanStage(scan: KeyScan): Document {
  const definition = scan.index?.definition;
  const shown: Record<string, Value> = {
    stage: "IXSCAN",
    keyPattern: definition?.key ?? { _id: 1 },
    indexName: definition?.name ?? "_id_",
    isMultiKey: scan.index?.isMultikey === true,
    isUnique: definition?.isUnique ?? true,
    isSparse: definition?.isSparse === true,
    isPartial: definition?.partial !== undefined,
    direction: directionOf(scan),
    ranges: scan.ranges.length,
  };
  return shown;
}

function directionOf({ isDescending }: KeyScan): string {
  return isDescending ? "backward" : "forward";
}
