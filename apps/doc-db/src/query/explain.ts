/** Plans as MongoDB's `explain` shows them. */
import type { Document, Value } from "../document/value.ts";
import type { CompiledFilter } from "./filter.ts";
import { inputName } from "./intersect.ts";
import type { KeyScan, Plan } from "./plan.ts";
import type { SortSpec } from "./sort.ts";

/** The name of the index that a plan reads; several with a comma between; undefined for all documents. */
export function indexName({ scans, isFullScan }: Plan): string | undefined {
  if (isFullScan) return undefined;
  const indexes = scans.flatMap(({ index, sieves }) => [index, ...sieves.map((sieve) => sieve.index)]);
  return [...new Set(indexes.map((index) => index?.definition.name ?? "_id_"))].join(",");
}

/**
 * Stages from the outermost on, each with its `inputStage`.
 * @param keysExamined - of inputs that are read together, by {@link inputName}
 */
export function winningPlan(
  plan: Plan | undefined,
  filter: CompiledFilter,
  sort: SortSpec,
  keysExamined: ReadonlyMap<string, number>,
): Document {
  const found = sourceStage(plan, filter, keysExamined);
  const isSorted = Object.keys(sort).length === 0 || plan?.isSorted === true;
  return isSorted ? found : { stage: "SORT", sortPattern: sort as Document, inputStage: found };
}

function sourceStage(
  plan: Plan | undefined,
  filter: CompiledFilter,
  keysExamined: ReadonlyMap<string, number>,
): Document {
  if (filter.text !== undefined) return { stage: "TEXT_MATCH", inputStage: { stage: "IXSCAN" } };
  if (plan === undefined) return { stage: "EOF" };
  if (plan.isFullScan) return { stage: "COLLSCAN", direction: directionOf(plan.scans[0]!) };
  const [first, ...others] = plan.scans.map((scan) => withSieves(scan, keysExamined));
  const input = others.length === 0 ? first! : { stage: "OR", inputStages: [first!, ...others] };
  return { stage: "FETCH", inputStage: input };
}

/** MongoDB's name for what gathers the `_id`s of all inputs but one, and looks those of that one up in them. */
function withSieves(scan: KeyScan, keysExamined: ReadonlyMap<string, number>): Document {
  if (scan.sieves.length === 0) return scanStage(scan);
  const inputs = [...scan.sieves.map(({ index, ranges }) => ({ index, ranges, isDescending: false })), scan];
  return {
    stage: "AND_HASH",
    inputStages: inputs.map((input) => ({
      ...scanStage(input),
      keysExamined: keysExamined.get(inputName({ index: input.index!, ranges: input.ranges })) ?? 0,
    })),
  };
}

function scanStage(scan: Pick<KeyScan, "index" | "ranges" | "isDescending">): Document {
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

function directionOf({ isDescending }: Pick<KeyScan, "isDescending">): string {
  return isDescending ? "backward" : "forward";
}
