/** Stages that gather documents: `$group`, `$bucket`, `$sortByCount`. */
import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import { encodeIndexValue } from "../../keys/encode-key.ts";
import { type Scratch, Spool } from "../../storage/scratch.ts";
import type { Accumulator } from "../accumulate/accumulators.ts";
import { compileAccumulator, type FieldAccumulator } from "../accumulate/compile.ts";
import { fail, LanguageError } from "../error.ts";
import type { Context, Expression } from "../expr/compile.ts";
import { compileExpression, contextFor, rootScope } from "../expr/index.ts";
import { batchesOf, each, gatherAll, type Stage } from "./stage.ts";

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

/** A field that a stage gathers. */
export interface Output {
  readonly name: string;
  readonly accumulator: FieldAccumulator;
}

/** Compiles the fields of a group. @throws LanguageError */
export function compileOutputs(fields: Document): Output[] {
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
  outputs: readonly Output[],
  room: GroupRoom,
): AsyncGenerator<Document> {
  const groups = new Groups();
  let later: Spool | undefined;
  for await (const batch of batchesOf(documents)) {
    for (const document of batch) {
      if (addToGroup(groups, contextFor(document, now), idOf, outputs, room.most)) continue;
      if (room.scratch === undefined) fail(146, "$group", room.most, `at most ${room.most} groups`);
      // Of a group that there is no room for: it comes when those that there are have been given.
      later ??= await Spool.create(room.scratch);
      later.add(document);
    }
  }
  for (const { id, accumulators } of groups.all) yield groupDocument(id, outputs, accumulators);
  if (later === undefined) return;
  groups.clear();
  try {
    yield* gather(each(later.documents()), now, idOf, outputs, room);
  } finally {
    await later.remove();
  }
}

/** A group as a document. */
export function groupDocument(
  id: Value,
  outputs: readonly Output[],
  accumulators: readonly Accumulator[],
): Document {
  const result: Record<string, Value> = { _id: id };
  outputs.forEach(({ name }, i) => {
    const value = accumulators[i]!.result();
    if (value !== undefined) setField(result, name, value);
  });
  return result;
}

/** @returns false when it would take one group more than there may be */
function addToGroup(
  groups: Groups,
  context: Context,
  idOf: Expression,
  outputs: readonly Output[],
  most: number,
): boolean {
  try {
    const id = idOf(context)!;
    let group = groups.find(id);
    if (group === undefined) {
      if (groups.all.length >= most) return false;
      group = groups.add({ id, accumulators: outputs.map(({ accumulator }) => accumulator.start(context)) });
    }
    const { accumulators } = group;
    for (let i = 0; i < outputs.length; i++) accumulators[i]!.add(outputs[i]!.accumulator.input(context));
    return true;
  } catch (error) {
    throw asGroupError(error);
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

function asGroupError(error: unknown): unknown {
  if (!(error instanceof LanguageError)) return error;
  const isDivision = error.serverCode === 2 && error.argument === "$divide";
  const code = isDivision ? 4848401 : GROUP_CODES.get(error.serverCode);
  return code === undefined ? error : new LanguageError(code, error.argument, error.received, error.expected);
}

/** Groups by their `_id`, in the order in which they came. */
class Groups {
  readonly all: Group[] = [];
  readonly #byText = new Map<string, Group>();
  readonly #others = new Map<string, Group[]>();

  find(id: Value): Group | undefined {
    if (typeof id === "string") return this.#byText.get(id);
    return this.#others.get(keyOf(id))?.find((other) => compareValues(other.id, id) === 0);
  }

  /** Adds one that is not there. */
  add(group: Group): Group {
    this.all.push(group);
    const { id } = group;
    if (typeof id === "string") {
      this.#byText.set(id, group);
      return group;
    }
    const key = keyOf(id);
    const list = this.#others.get(key);
    if (list === undefined) this.#others.set(key, [group]);
    else list.push(group);
    return group;
  }

  clear(): void {
    this.all.length = 0;
    this.#byText.clear();
    this.#others.clear();
  }
}

/** Equal values have equal keys; that of long values are cut, so a key may stand for several. */
function keyOf(id: Value): string {
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
