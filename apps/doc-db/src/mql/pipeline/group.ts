/** Stages that gather documents: `$group`, `$bucket`, `$sortByCount`. */
import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { encodeIndexValue, MAX_INDEX_VALUE_BYTES } from "../../keys/encode-key.ts";
import { type Scratch, Spool } from "../../storage/scratch.ts";
import type { Accumulator } from "../accumulate/accumulators.ts";
import { compileAccumulator, type FieldAccumulator } from "../accumulate/compile.ts";
import { fail, LanguageError } from "../error.ts";
import type { Context, Expression } from "../expr/compile.ts";
import { compileExpression, contextFor, rootScope } from "../expr/index.ts";
import { each, gatherAll, type Stage } from "./stage.ts";

interface Group {
  readonly id: Value;
  readonly accumulators: readonly Accumulator[];
}

/** Most groups of a stage. */
const MAX_GROUPS = 2_000_000;
/** A group with a few accumulators, about. */
const GROUP_BYTES = 512;

export const GROUP_STAGES: Readonly<Record<string, (operand: Value) => Stage>> = {
  $group: group,
  $bucket: bucket,
  $sortByCount: (operand) => {
    const stage = group({ _id: operand, count: { $sum: 1 } });
    return async function* (documents, context) {
      const all = await gatherAll(stage(documents, context));
      yield* all.sort((a, b) => compareValues(b.count!, a.count!));
    };
  },
};

function group(operand: Value): Stage {
  if (!isDocument(operand)) return fail(15947, "$group", operand, "an object");
  if (operand._id === undefined) fail(15955, "$group", operand, "an _id");
  const { _id, ...fields } = operand;
  const id = compileExpression(_id);
  const outputs = compileOutputs(fields);
  return (documents, { now, scratch, memoryBytes }) =>
    gather(documents, now, (context) => id(context) ?? null, outputs, {
      scratch,
      most: memoryBytes === undefined ? MAX_GROUPS : Math.max(1, Math.floor(memoryBytes / GROUP_BYTES)),
    });
}

function compileOutputs(fields: Document): { name: string; accumulator: FieldAccumulator }[] {
  return Object.entries(fields).map(([name, value]) => {
    if (name.includes(".")) fail(40235, "$group field", name, "no dot");
    if (name.startsWith("$")) fail(40236, "$group field", name, "no dollar sign");
    return { name, accumulator: compileAccumulator(name, value, rootScope()) };
  });
}

async function* gather(
  documents: AsyncIterable<Document>,
  now: Date,
  idOf: Expression,
  outputs: readonly { name: string; accumulator: FieldAccumulator }[],
  room: GroupRoom,
): AsyncGenerator<Document> {
  const groups = new Map<string, Group[]>();
  let count = 0;
  let later: Spool | undefined;
  for await (const document of documents) {
    const context = contextFor(document, now);
    const id = computed(() => idOf(context))!;
    const known = findGroup(groups, id);
    if (known === undefined && count >= room.most) {
      if (room.scratch === undefined) fail(146, "$group", count, `at most ${room.most} groups`);
      // Of a group that there is no room for: it comes when those that there are have been given.
      later ??= await Spool.create(room.scratch);
      later.add(document);
      continue;
    }
    const found = known ?? addGroup(groups, id, context, outputs);
    if (known === undefined) count++;
    outputs.forEach(({ accumulator }, i) => {
      computed(() => {
        found.group.accumulators[i]!.add(accumulator.input(context));
        return undefined;
      });
    });
  }
  for (const list of groups.values()) {
    for (const { id, accumulators } of list) {
      const result: Record<string, Value> = { _id: id };
      outputs.forEach(({ name }, i) => {
        const value = accumulators[i]!.result();
        if (value !== undefined) setField(result, name, value);
      });
      yield result;
    }
  }
  if (later === undefined) return;
  groups.clear();
  try {
    yield* gather(each(later.documents()), now, idOf, outputs, room);
  } finally {
    await later.remove();
  }
}

/** How many groups memory has room for, and where the documents of others wait. */
interface GroupRoom {
  readonly scratch: Scratch | undefined;
  readonly most: number;
}

/** Inside of `$group` MongoDB's other engine computes, whose errors have other numbers. */
const GROUP_CODES: ReadonlyMap<number, number> = new Map([
  [16610, 4848403],
  [40400, 5911200],
]);

function computed<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    const isDivision = error.serverCode === 2 && error.argument === "$divide";
    const code = isDivision ? 4848401 : GROUP_CODES.get(error.serverCode);
    throw code === undefined
      ? error
      : new LanguageError(code, error.argument, error.received, error.expected);
  }
}

function findGroup(groups: Map<string, Group[]>, id: Value): { group: Group; isNew: boolean } | undefined {
  const list = groups.get(keyOf(id));
  const group = list?.find((other) => compareValues(other.id, id) === 0);
  return group === undefined ? undefined : { group, isNew: false };
}

function addGroup(
  groups: Map<string, Group[]>,
  id: Value,
  context: Context,
  outputs: readonly { accumulator: FieldAccumulator }[],
): { group: Group; isNew: boolean } {
  const group = { id, accumulators: outputs.map(({ accumulator }) => accumulator.start(context)) };
  const key = keyOf(id);
  const list = groups.get(key);
  if (list === undefined) groups.set(key, [group]);
  else list.push(group);
  return { group, isNew: true };
}

/** Equal values have equal keys; that of long values are cut, so a key may stand for several. */
function keyOf(id: Value): string {
  if (typeof id === "string" && id.length < MAX_INDEX_VALUE_BYTES) return `s${id}`;
  return Buffer.from(encodeIndexValue(id)).toString("latin1");
}

function bucket(operand: Value): Stage {
  if (!isDocument(operand)) return fail(40201, "$bucket", operand, "an object");
  const { groupBy, boundaries, default: other, output } = operand;
  if (groupBy === undefined || boundaries === undefined)
    fail(40198, "$bucket", operand, "groupBy and boundaries");
  if (!Array.isArray(boundaries)) return fail(40200, "$bucket boundaries", boundaries, "an array");
  const bounds = boundaries as readonly Value[];
  if (bounds.length < 2) fail(40192, "$bucket boundaries", bounds.length, "at least two");
  if (bounds.some((value, i) => i > 0 && compareValues(bounds[i - 1]!, value) >= 0))
    fail(40194, "$bucket boundaries", boundaries, "ascending values");
  const by = compileExpression(groupBy!);
  const outputs = compileOutputs(isDocument(output) ? output : { count: { $sum: 1 } });
  const idOf = (context: Context): Value => {
    const value = by(context) ?? null;
    const index = bounds.findIndex((bound) => compareValues(value, bound) < 0);
    if (index > 0) return bounds[index - 1]!;
    return other ?? fail(40066, "$bucket", value, "a value within the boundaries, or a default");
  };
  return async function* (documents, { now }) {
    const all = await gatherAll(
      gather(documents, now, idOf, outputs, { scratch: undefined, most: MAX_GROUPS }),
    );
    yield* all.sort((a, b) => compareValues(a._id!, b._id!));
  };
}
