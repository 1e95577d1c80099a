import { bytesPerElement, type TypedArray, viewAs } from "@millrace/buffers";
import fc from "fast-check";
import {
  DATASET_KINDS,
  type DatasetKind,
  type Hdf5Dataset,
  type Hdf5DatasetOptions,
  type Hdf5Group,
  type Hdf5ObjectReference,
  type Hdf5TableValue,
  type Hdf5Value,
} from "../src/index.ts";
import type { Seen } from "./helpers.ts";

/** A dataset to be written, and how its rows come. */
export interface DatasetPlan {
  readonly options: Hdf5DatasetOptions<DatasetKind>;
  readonly values: TypedArray;
  readonly appends: readonly number[];
}

/** A group to be written. */
export interface GroupPlan {
  readonly attributes: readonly (readonly [string, PlainValue])[];
  readonly datasets: readonly (readonly [string, DatasetPlan])[];
  readonly groups: readonly (readonly [string, GroupPlan])[];
}

const names = fc
  .string({ unit: "binary", minLength: 1, maxLength: 12 })
  // What h5wasm reads goes into plain objects, so one name cannot be seen there.
  .filter((name) => /^[^\0/]+$/u.test(name) && name !== "." && name !== "__proto__");
const texts = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));

/** The forms of values that are drawn here. */
type PlainValue = Exclude<Hdf5Value, Hdf5ObjectReference | readonly Hdf5ObjectReference[] | Hdf5TableValue>;

const values: fc.Arbitrary<PlainValue> = fc.oneof(
  texts,
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.boolean(),
  fc.array(texts, { minLength: 1, maxLength: 4 }),
  fc.float32Array({ minLength: 1 }),
  fc.int16Array({ minLength: 1 }),
  fc.uint8Array({ minLength: 1 }),
);

const datasets: fc.Arbitrary<DatasetPlan> = fc
  .record({
    kind: fc.constantFrom(...DATASET_KINDS),
    rowShape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    chunkRows: fc.integer({ min: 1, max: 20 }),
    compression: fc.oneof(
      fc.constant("none" as const),
      fc.record({
        deflate: fc.integer({ min: 1, max: 9 }),
        strategy: fc.constantFrom("rle" as const, "default" as const),
      }),
    ),
    shuffle: fc.boolean(),
    fletcher32: fc.boolean(),
    appends: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }),
    seed: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  })
  .map(({ appends, seed, ...options }) => {
    const width = options.rowShape.reduce((product, size) => product * size, 1);
    const size = options.kind === "boolean" ? 1 : bytesPerElement(options.kind);
    const count = appends.reduce((sum, rows) => sum + rows, 0) * width;
    const bytes = new Uint8Array(count * size).map((_, i) => seed[i % seed.length]! + (i >> 6));
    if (options.kind === "boolean") for (let i = 0; i < bytes.length; i++) bytes[i]! &= 1;
    const kind = options.kind === "boolean" ? "uint8" : options.kind;
    return { options, appends, values: viewAs(kind, bytes.buffer, 0, count) };
  });

/** Random trees of groups, attributes and datasets. */
export const groupPlans: fc.Arbitrary<GroupPlan> = fc.letrec<{ group: GroupPlan }>((tie) => ({
  group: fc
    .record({
      attributes: fc.uniqueArray(fc.tuple(names, values), { maxLength: 5, selector: ([name]) => name }),
      children: fc.uniqueArray(
        fc.tuple(names, fc.oneof({ maxDepth: 3, depthIdentifier: "tree" }, datasets, tie("group"))),
        { maxLength: 5, selector: ([name]) => name },
      ),
    })
    .map(({ attributes, children }) => ({
      attributes,
      datasets: children.flatMap(([name, child]) => ("options" in child ? [[name, child] as const] : [])),
      groups: children.flatMap(([name, child]) => ("options" in child ? [] : [[name, child] as const])),
    })),
})).group;

/** How rows are appended. */
export type Append = (dataset: Hdf5Dataset<DatasetKind>, values: TypedArray) => Promise<void>;

const awaited: Append = (dataset, values) => dataset.append(values as Float64Array);

/** Writes a planned group; datasets grow in turn, an append each, with `between` called in between. */
export async function writePlan(
  group: Hdf5Group,
  plan: GroupPlan,
  between: () => Promise<void>,
  append: Append = awaited,
): Promise<void> {
  for (const [name, value] of plan.attributes) group.setAttribute(name, value);
  const open = plan.datasets.map(([name, dataset]) => {
    const width = (dataset.options.rowShape ?? []).reduce((product, size) => product * size, 1);
    const node = group.createDataset(name, dataset.options);
    return { node, width, plan: dataset, from: 0 };
  });
  await between();
  for (let round = 0; open.some((dataset) => round < dataset.plan.appends.length); round++) {
    for (const dataset of open) {
      const end = dataset.from + (dataset.plan.appends[round] ?? 0) * dataset.width;
      await append(dataset.node, dataset.plan.values.subarray(dataset.from, end));
      dataset.from = end;
      await between();
    }
  }
  for (const [name, child] of plan.groups) await writePlan(group.createGroup(name), child, between, append);
}

/** What libhdf5 must read of a planned group. */
export function expectedOf(plan: GroupPlan): Seen {
  const children: Record<string, Seen> = {};
  for (const [name, { options, values: data }] of plan.datasets) {
    const rowShape = options.rowShape ?? [];
    const width = rowShape.reduce((product, size) => product * size, 1);
    const shape = [data.length / width, ...rowShape];
    children[name] = { attributes: {}, data: { shape, value: Array.from(data as Uint8Array) } };
  }
  for (const [name, group] of plan.groups) children[name] = expectedOf(group);
  const attributes = plan.attributes.map(([name, value]) => [name, seenValue(value)]);
  return { attributes: Object.fromEntries(attributes), children };
}

/** h5wasm gives booleans as 0 and 1. */
function seenValue(value: PlainValue): unknown {
  const number = (one: unknown): unknown => (typeof one === "boolean" ? Number(one) : one);
  if (typeof value !== "object") return { shape: [], value: number(value) };
  return { shape: [value.length], value: Array.from(value as ArrayLike<unknown>, number) };
}
