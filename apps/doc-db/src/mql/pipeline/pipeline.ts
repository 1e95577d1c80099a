import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import { bucketAuto } from "./bucket-auto.ts";
import { densify } from "./densify.ts";
import { fill } from "./fill.ts";
import { geoNear } from "./geo-near.ts";
import { graphLookup } from "./graph-lookup.ts";
import { GROUP_STAGES } from "./group.ts";
import { lookup, unionWith } from "./lookup.ts";
import { redact } from "./redact.ts";
import { ReplayedDocuments } from "./replayed-documents.ts";
import { sample } from "./sample.ts";
import { sortDocuments } from "./sort-documents.ts";
import { compileSortSpec } from "./sort-spec.ts";
import { DEFAULT_MEMORY_BYTES, gatherAll, type Stage } from "./stage.ts";
import { STREAM_STAGES } from "./stages.ts";
import { vectorSearch } from "./vector-search.ts";
import { setWindowFields } from "./window.ts";

const MAX_STAGES = 1000;
/** Stages that have documents of their own: they stand first, and not in a `$facet`. */
const SOURCES = ["$geoNear", "$indexStats", "$collStats"];

const OTHER_STAGES: Readonly<Record<string, (operand: Value) => Stage>> = {
  $sort: sort,
  $facet: facet,
  $lookup: (operand) => lookup(operand, compilePipeline),
  $unionWith: (operand) => unionWith(operand, compilePipeline),
  $setWindowFields: setWindowFields,
  $vectorSearch: vectorSearch,
  $bucketAuto: bucketAuto,
  $densify: densify,
  $fill: (operand) => fill(operand, compilePipeline),
  $geoNear: geoNear,
  $indexStats: (operand) => fail(40602, "$indexStats", operand, "it as the first stage of all"),
  $collStats: (operand) => fail(40602, "$collStats", operand, "it as the first stage of all"),
  $graphLookup: graphLookup,
  $redact: redact,
  $sample: sample,
};

/** @throws LanguageError for a stage that there is not, or one that is not understood */
export function compilePipeline(pipeline: readonly Value[]): Stage {
  if (pipeline.length > MAX_STAGES)
    fail(7749501, "pipeline", pipeline.length, `at most ${MAX_STAGES} stages`);
  const stages = pipeline.map(compileStage);
  if (pipeline.some((stage, i) => i > 0 && (stage as Document).$geoNear !== undefined))
    fail(40603, "pipeline", "$geoNear", "it as the first stage");
  return (documents, context) => stages.reduce((input, stage) => stage(input, context), documents);
}

function compileStage(spec: Value): Stage {
  if (!isDocument(spec)) return fail(14, "pipeline stage", spec, "an object");
  const names = Object.keys(spec);
  if (names.length !== 1) fail(40323, "pipeline stage", names, "one name");
  const name = names[0]!;
  for (const table of [STREAM_STAGES, GROUP_STAGES, OTHER_STAGES]) {
    if (Object.hasOwn(table, name)) return table[name]!(spec[name]!);
  }
  return fail(40324, "pipeline stage", name, "a stage that exists");
}

function sort(operand: Value): Stage {
  const sorter = compileSortSpec("$sort", operand);
  return (documents, { scratch, memoryBytes = DEFAULT_MEMORY_BYTES }) =>
    sortDocuments(sorter, documents, scratch, memoryBytes);
}

function facet(operand: Value): Stage {
  if (!isDocument(operand) || Object.keys(operand).length === 0)
    return fail(40169, "$facet", operand, "an object of pipelines");
  const facets = Object.entries(operand).map(([name, pipeline]) => {
    if (!Array.isArray(pipeline)) return fail(40170, `$facet ${name}`, pipeline, "a pipeline");
    const stages = pipeline as readonly Value[];
    const own = stages.find(
      (stage) => isDocument(stage) && SOURCES.some((source) => Object.hasOwn(stage, source)),
    );
    if (own !== undefined) fail(40600, `$facet ${name}`, own, `no ${SOURCES.join(" and no ")}`);
    return { name, run: compilePipeline(stages) };
  });
  return async function* (documents, context) {
    const { scratch, memoryBytes = DEFAULT_MEMORY_BYTES } = context;
    const all = await ReplayedDocuments.gather(documents, scratch, memoryBytes);
    const result: Record<string, Value> = {};
    try {
      for (const { name, run } of facets) setField(result, name, await gatherAll(run(all.each(), context)));
    } finally {
      await all.close();
    }
    yield result;
  };
}
