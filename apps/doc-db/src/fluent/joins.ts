import { InvalidArgumentError } from "@millrace/base";
import type { Document } from "../document/value.ts";

/** Which documents a join keeps that have no partner: none, those of the left, of the right, or of both sides. */
export type JoinKind = "inner" | "left" | "right" | "full";

/** A join by equal fields. */
export interface JoinSpec {
  readonly kind: JoinKind;
  /** The other collection, and what is done with it before. */
  readonly other: Source;
  /** Field of this side. */
  readonly local: string;
  /** Field of the other side. */
  readonly foreign: string;
  /** The field that the other side's document becomes. */
  readonly as: string;
}

/** A collection, and the stages of a pipeline over it. */
export interface Source {
  readonly collection: string;
  readonly stages: readonly Document[];
}

/** Stages that look at one document at a time: what they do is the same before and after a join. */
const PER_DOCUMENT = new Set([
  "$match",
  "$addFields",
  "$project",
  "$unset",
  "$lookup",
  "$unwind",
  "$replaceWith",
]);

/**
 * A join as stages; of a right join the source is the other collection.
 * @throws InvalidArgumentError `DOCDB_QUERY_JOIN` for a right or full join behind an order, a limit or groups
 */
export function joinSources(left: Source, spec: JoinSpec): Source {
  if (spec.kind === "right")
    return { collection: spec.other.collection, stages: rightStages(left, spec, false) };
  const joined = [...left.stages, lookupOf(spec), unwindOf(spec.as, spec.kind !== "inner")];
  if (spec.kind !== "full") return { collection: left.collection, stages: joined };
  const others = { $unionWith: { coll: spec.other.collection, pipeline: rightStages(left, spec, true) } };
  return { collection: left.collection, stages: [...joined, others] };
}

/** Keeps the documents that have a partner, or those that have none. */
export function semiJoin(
  left: Source,
  { other, local, foreign }: Omit<JoinSpec, "kind" | "as">,
  has: boolean,
): Source {
  const as = "__partners";
  const lookup = lookupOf({ kind: "inner", other, local, foreign, as });
  const match = { $match: { [as]: has ? { $ne: [] } : { $eq: [] } } };
  return { collection: left.collection, stages: [...left.stages, lookup, match, { $unset: as }] };
}

function lookupOf({ other: { collection: from, stages }, local, foreign, as }: JoinSpec): Document {
  if (lateStage(stages) === undefined)
    return { $lookup: { from, localField: local, foreignField: foreign, pipeline: stages, as } };
  // What groups or cuts the other side comes first: it is run anew for each document.
  const equal = { $match: { $expr: { $eq: [`$${foreign}`, "$$key"] } } };
  return { $lookup: { from, let: { key: `$${local}` }, pipeline: [...stages, equal], as } };
}

/** The first stage that sees more than one document. */
function lateStage(stages: readonly Document[]): string | undefined {
  return stages.map((stage) => Object.keys(stage)[0]!).find((name) => !PER_DOCUMENT.has(name));
}

function unwindOf(as: string, preserveNullAndEmptyArrays: boolean): Document {
  return { $unwind: { path: `$${as}`, preserveNullAndEmptyArrays } };
}

/** The other side's documents, each with its partners; or only those without. */
function rightStages(left: Source, { other, local, foreign, as }: JoinSpec, onlyAlone: boolean): Document[] {
  const late = lateStage(left.stages);
  if (late !== undefined) {
    throw new InvalidArgumentError(
      "DOCDB_QUERY_JOIN",
      "a right or full join behind",
      late,
      "to be joined before orderBy, limit, groupBy, window or a union",
    );
  }
  const whole = { $replaceWith: { $mergeObjects: ["$__left", { [as]: "$__right" }] } };
  const apart = { $replaceWith: { __right: "$$ROOT" } };
  const lookup = {
    $lookup: {
      from: left.collection,
      localField: `__right.${foreign}`,
      foreignField: local,
      pipeline: left.stages,
      as: "__left",
    },
  };
  return [
    ...other.stages,
    apart,
    lookup,
    ...(onlyAlone ? [{ $match: { __left: { $eq: [] } } }, { $unset: "__left" }] : [unwindOf("__left", true)]),
    whole,
  ];
}
