import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { kindOf } from "@millrace/buffers";
import type {
  Hdf5Columns,
  Hdf5ReadAttributes,
  Hdf5ReadDataset,
  Hdf5Reader,
  Hdf5ReadObject,
  Hdf5Reference,
  Hdf5Type,
  Hdf5Values,
} from "../src/index.ts";
import { PYTHON, run } from "./helpers.ts";

const SCRIPTS = fileURLToPath(new URL("oracle/", import.meta.url));

/** Has h5py write its files into a directory. @returns what it reads of each, by name */
export function writeByH5py(directory: string): Record<string, unknown> {
  run(PYTHON, [`${SCRIPTS}write.py`, directory]);
  return JSON.parse(readFileSync(`${directory}/cases.json`, "utf8"));
}

/** What h5py reads of a file. */
export function describeByH5py(path: string): unknown {
  const script = `import sys, json, h5py; sys.path.insert(0, ${JSON.stringify(SCRIPTS)})
from describe import describe
print(json.dumps(describe(h5py.File(${JSON.stringify(path)}, "r")["/"])))`;
  return JSON.parse(run(PYTHON, ["-c", script]));
}

/** The same as describe.py says, by our reader; asynchronous reads must give what synchronous ones do. */
export async function describeFile(reader: Hdf5Reader): Promise<unknown> {
  return describeObject(reader, reader.root);
}

async function describeObject(reader: Hdf5Reader, object: Hdf5ReadObject): Promise<unknown> {
  const attributes = describeAttributes(reader, object.attributes);
  if (object.kind === "type") return { attributes, type: true };
  if (object.kind === "dataset") return { attributes, ...(await describeDataset(reader, object)) };
  const children: Record<string, unknown> = {};
  for (const name of object.names) {
    const link = object.link(name)!;
    if (link.kind === "external") children[name] = `external ${link.file} ${link.target}`;
    else if (link.kind === "soft") {
      children[name] = `${object.get(name) === undefined ? "dangling" : "soft"} ${link.target}`;
    } else children[name] = await describeObject(reader, object.get(name)!);
  }
  return { attributes, names: object.names, children };
}

async function describeDataset(reader: Hdf5Reader, dataset: Hdf5ReadDataset): Promise<object> {
  const shape = dataset.isNull ? null : dataset.shape;
  const chunks = dataset.chunkShape ?? null;
  if (shape === null) return { shape, chunks, value: null };
  const value = canon(reader, dataset.type, dataset.readSync());
  const later = canon(reader, dataset.type, await dataset.read());
  if (JSON.stringify(value) !== JSON.stringify(later)) throw new Error(`${dataset.path} differs if awaited`);
  const maxShape = dataset.maxShape.map((size) => (size === Number.POSITIVE_INFINITY ? -1 : size));
  return { shape, maxShape, chunks, value };
}

function describeAttributes(reader: Hdf5Reader, attributes: Hdf5ReadAttributes): object {
  const found: Record<string, unknown> = {};
  for (const name of attributes.names) {
    const { type, shape, isNull } = attributes.info(name)!;
    const value = attributes.get(name);
    if (isNull) found[name] = { shape: null, value };
    else found[name] = { shape, value: canon(reader, type, listed(type, shape, value)) };
  }
  return found;
}

/** A scalar's value as the list of one that its type would give in an array. */
function listed(type: Hdf5Type, shape: readonly number[], value: unknown): Hdf5Values {
  if (shape.length > 0 || type.kind === "array") return value as Hdf5Values;
  if (type.kind === "compound") {
    const record = value as Record<string, unknown>;
    return Object.fromEntries(
      type.fields.map((field) => [field.name, listed(field.type, [], record[field.name])]),
    );
  }
  if (type.kind === "boolean") return Uint8Array.of(Number(value));
  const number = type.kind === "enum" ? type.base : type;
  if (!("bitCount" in number)) return [value] as Hdf5Values;
  if (number.kind === "int64") return BigInt64Array.of(value as bigint);
  if (number.kind === "uint64") return BigUint64Array.of(value as bigint);
  const arrays = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array };
  const wide = { int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float64: Float64Array };
  return { ...arrays, ...wide, float16: Float32Array }[number.kind].of(value as number);
}

function canon(reader: Hdf5Reader, type: Hdf5Type, values: Hdf5Values): unknown {
  switch (type.kind) {
    case "array":
      return canon(reader, type.base, values);
    case "compound":
      return Object.fromEntries(
        type.fields.map(({ name, type: field }) => [
          name,
          canon(reader, field, (values as Hdf5Columns)[name]!),
        ]),
      );
    case "sequence":
      return (values as Hdf5Values[]).map((list) => canon(reader, type.base, list));
    case "reference":
      return (values as Hdf5Reference[]).map((reference) => pathOf(reader, reference));
    case "opaque":
      return (values as Uint8Array[]).map((bytes) => Buffer.from(bytes).toString("hex"));
    case "string":
      return values;
    default:
      return digest(values as Uint8Array);
  }
}

function digest(values: Uint8Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  return `${kindOf(values)} ${values.length} ${hash}`;
}

/** h5py gives the name of an object that a reference is to; here the object with that address is looked for. */
function pathOf(reader: Hdf5Reader, reference: Hdf5Reference): string | null {
  const found = reader.dereference(reference);
  return found === undefined ? null : (search(reader.root, found.address) ?? "?");
}

function search(group: Hdf5ReadObject, address: number): string | undefined {
  if (group.address === address) return group.path;
  if (group.kind !== "group") return undefined;
  for (const name of group.names) {
    if (group.link(name)!.kind !== "hard") continue;
    const path = search(group.get(name)!, address);
    if (path !== undefined) return path;
  }
  return undefined;
}
