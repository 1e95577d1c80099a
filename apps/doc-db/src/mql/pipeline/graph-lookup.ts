/** `$graphLookup`: documents of another collection that lead from one to the next. */
import { BSONRegExp } from "../../document/bson-types.ts";
import { encodeDocument } from "../../document/encode.ts";
import { type Document, isDocument, type Value } from "../../document/value.ts";
import { compileFilter } from "../../query/filter.ts";
import { fail } from "../error.ts";
import { checkPath, type Expression } from "../expr/compile.ts";
import { namedArguments } from "../expr/define.ts";
import { getPath } from "../expr/field-path.ts";
import { compileExpression, contextFor } from "../expr/index.ts";
import { isNumeric, toInt64 } from "../number.ts";
import { joinKeyOf } from "./lookup.ts";
import { withPath } from "./set-path.ts";
import { DEFAULT_MEMORY_BYTES, type Stage, type StageContext } from "./stage.ts";

const REQUIRED = ["from", "as", "startWith", "connectFromField", "connectToField"];
const NAMES = [...REQUIRED, "maxDepth", "depthField", "restrictSearchWithMatch"];
const CODES = { notObject: 9, unknown: 40104, missing: 40105 };

interface GraphSpec {
  readonly from: string;
  readonly as: readonly string[];
  readonly startWith: Expression;
  readonly connectFrom: readonly string[];
  readonly connectTo: string;
  readonly maxDepth: bigint | undefined;
  readonly depthField: readonly string[] | undefined;
  readonly restriction: Document | undefined;
}

/**
 * For each document, level by level, one query of the other collection for all that the level before leads to. Each
 * document found is in the result once, with the least depth that it was found at.
 * @throws LanguageError 40100 to 40105 for what is not understood; 40099 when memory has no room for what is found
 */
export function graphLookup(operand: Value): Stage {
  const spec = parseGraphLookup(operand);
  return async function* (documents, context) {
    for await (const document of documents) {
      const start = spec.startWith(contextFor(document, context.now));
      yield withPath(document, spec.as, await search(spec, start, context));
    }
  };
}

function parseGraphLookup(operand: Value): GraphSpec {
  const given = namedArguments("$graphLookup", operand, NAMES, REQUIRED, CODES);
  const text = (name: string): string => {
    const value = given[name];
    return typeof value === "string" ? value : fail(40103, `$graphLookup ${name}`, value, "a string");
  };
  const { restrictSearchWithMatch: restriction, maxDepth } = given;
  if (restriction !== undefined) {
    if (!isDocument(restriction)) return fail(40185, "restrictSearchWithMatch", restriction, "a filter");
    const { distance, text: search } = compileFilter(restriction);
    if (distance !== undefined || search !== undefined)
      fail(5626500, "restrictSearchWithMatch", restriction, "no $near and no $text");
  }
  checkPath(text("connectToField"));
  return {
    from: text("from"),
    as: checkPath(text("as")),
    startWith: compileExpression(given.startWith!),
    connectFrom: checkPath(text("connectFromField")),
    connectTo: text("connectToField"),
    maxDepth: maxDepth === undefined ? undefined : depthOf(maxDepth),
    depthField: given.depthField === undefined ? undefined : checkPath(text("depthField")),
    restriction,
  };
}

function depthOf(value: Value): bigint {
  if (!isNumeric(value)) return fail(40100, "$graphLookup maxDepth", value, "a number");
  const depth = toInt64(value);
  if (depth === undefined) return fail(40102, "$graphLookup maxDepth", value, "an integer of 64 bits");
  return depth >= 0n ? depth : fail(40101, "$graphLookup maxDepth", value, "0 or more");
}

async function search(
  { from, connectFrom, connectTo, maxDepth, depthField, restriction }: GraphSpec,
  start: Value | undefined,
  { collection, memoryBytes = DEFAULT_MEMORY_BYTES }: StageContext,
): Promise<Document[]> {
  const found: Document[] = [];
  const foundIds = new Set<string>();
  const asked = new Set<string>();
  const to = connectTo.split(".");
  let bytes = 0;
  let level: Value[] = [...startingPoints(start)];
  for (let depth = 0n; level.length > 0 && (maxDepth === undefined || depth <= maxDepth); depth++) {
    const wanted = new Map<string, Value>();
    for (const value of level) {
      const key = joinKeyOf(value);
      if (!asked.has(key)) wanted.set(key, value);
      asked.add(key);
    }
    if (wanted.size === 0) break;
    level = [];
    for await (const document of collection(from, filterFor(connectTo, [...wanted.values()], restriction))) {
      // The query takes a missing field for null; here it leads nowhere.
      if (!endPoints(getPath(document, to, 0)).some((value) => wanted.has(joinKeyOf(value)))) continue;
      const id = joinKeyOf(document._id ?? null);
      if (foundIds.has(id)) continue;
      foundIds.add(id);
      bytes += encodeDocument(document).length;
      if (bytes > memoryBytes)
        fail(40099, "$graphLookup", bytes, `at most ${memoryBytes} bytes of documents for each one`);
      found.push(depthField === undefined ? document : withPath(document, depthField, depth));
      level.push(...startingPoints(getPath(document, connectFrom, 0)));
    }
  }
  return found;
}

/** In a filter a regular expression is a pattern; here it is a value like others, which is looked for in memory. */
function filterFor(path: string, values: readonly Value[], restriction: Document | undefined): Document {
  const isPlain = !values.some((value) => value instanceof BSONRegExp);
  const filter: Document = isPlain ? { [path]: { $in: values } } : {};
  return restriction === undefined ? filter : { $and: [filter, restriction] };
}

/** What a value leads to: of an array each element. */
function startingPoints(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

/** What leads to a value: of an array each element, and the array. */
function endPoints(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? [...(value as readonly Value[]), value] : [value];
}
