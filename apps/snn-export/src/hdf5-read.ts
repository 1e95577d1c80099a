import { CorruptDataError } from "@millrace/base";
import type { Hdf5ReadDataset, Hdf5ReadGroup } from "@millrace/hdf5";
import type { BlockValues } from "./log-block.ts";

/** A value that an attribute of ours can have. */
export type AttributeValue = string | number;

/** The group at `name`, or undefined. */
export function childGroup(group: Hdf5ReadGroup | undefined, name: string): Hdf5ReadGroup | undefined {
  const found = group?.get(name);
  return found?.kind === "group" ? found : undefined;
}

/** The dataset at `name`, or undefined. */
export function childDataset(group: Hdf5ReadGroup | undefined, name: string): Hdf5ReadDataset | undefined {
  const found = group?.get(name);
  return found?.kind === "dataset" ? found : undefined;
}

/** The dataset at `name`. @throws CorruptDataError when it is not there */
export function requireDataset(path: string, group: Hdf5ReadGroup, name: string): Hdf5ReadDataset {
  const dataset = childDataset(group, name);
  if (dataset !== undefined) return dataset;
  const problem = `${path} has no dataset ${name} in ${group.path}; the file is damaged`;
  throw new CorruptDataError("SNN_DATASET_MISSING", "HDF5", 0, problem);
}

/** One attribute, 64-bit integers as numbers; undefined when it is not there. */
export function readAttribute(
  object: Hdf5ReadGroup | Hdf5ReadDataset,
  name: string,
): AttributeValue | undefined {
  const value = object.attributes.get(name);
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

/** A dataset of one text. */
export function readText(dataset: Hdf5ReadDataset): string {
  return dataset.readSync({}, "string")[0] ?? "";
}

/** Rows of numbers as they are stored. */
export function readValues(dataset: Hdf5ReadDataset): BlockValues {
  return dataset.readRowsSync() as BlockValues;
}

/** Rows [start, stop) of integers up to 32 bits. */
export function readIntegers(dataset: Hdf5ReadDataset, start?: number, stop?: number): Uint32Array {
  return Uint32Array.from(dataset.readRowsSync(start, stop) as Uint32Array);
}

/** Rows [start, stop) as float64, 64-bit integers too. */
export function readNumbers(dataset: Hdf5ReadDataset, start?: number, stop?: number): Float64Array {
  return dataset.readRowsSync(start, stop, "float64");
}
