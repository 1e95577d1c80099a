import { CorruptDataError, type MillraceError } from "@millrace/base";
import { type ElementKind, type TypedArray, wordsOf } from "@millrace/buffers";

/** A value of an attribute; booleans are 1n and 0n, lists JSON. */
export type TreeValue = string | number | bigint;

/** Attributes by name. */
export interface TreeAttributes {
  readonly names: readonly string[];
  get(name: string): TreeValue | undefined;
}

interface TreeObject {
  /** The file, for messages. */
  readonly file: string;
  /** From the root: "/episodes/episode_0000". */
  readonly path: string;
  readonly attributes: TreeAttributes;
}

/** Names of other objects, which are opened when they are asked for. */
export interface TreeGroup extends TreeObject {
  readonly kind: "group";
  readonly names: readonly string[];
  /** Undefined where there is nothing, or nothing that an experiment can hold. */
  get(name: string): TreeNode | undefined;
}

/** Numbers in rows. */
export interface TreeColumn extends TreeObject {
  readonly kind: "column";
  readonly elements: ElementKind;
  /** Numbers a row; undefined for one dimension. */
  readonly width: number | undefined;
  readonly rows: number;
  /** Rows [start, stop), in order; perhaps a view, which must not be written to. */
  read(start: number, stop: number): TypedArray<ArrayBuffer>;
}

/** Texts: one, or a list. */
export interface TreeText extends TreeObject {
  readonly kind: "text";
  readonly isList: boolean;
  read(): string[];
}

/** Whatever an experiment's file holds, as a tree: of HDF5, or of an older version seen as today's. */
export type TreeNode = TreeGroup | TreeColumn | TreeText;

/** The group of that name, or undefined. */
export function groupIn(group: TreeGroup | undefined, name: string): TreeGroup | undefined {
  const found = group?.get(name);
  return found?.kind === "group" ? found : undefined;
}

/** The column of that name, or undefined. */
export function columnIn(group: TreeGroup | undefined, name: string): TreeColumn | undefined {
  const found = group?.get(name);
  return found?.kind === "column" ? found : undefined;
}

/** The one text of that name, or undefined. */
export function textIn(group: TreeGroup | undefined, name: string): string | undefined {
  const found = group?.get(name);
  return found?.kind === "text" ? found.read()[0] : undefined;
}

/**
 * The column of that name; one of no rows where there is none, since a dataset is made with its first rows.
 * @throws CorruptDataError `SNN_DATASET_MISSING` when there is something else
 */
export function requireColumn(group: TreeGroup, name: string): TreeColumn {
  const found = group.get(name);
  if (found?.kind === "column") return found;
  if (found === undefined && !group.names.includes(name)) return new EmptyColumn(group, name);
  const problem = `${group.file} has no column ${name} in ${group.path}; the file is damaged, see what \`validate\` finds`;
  throw new CorruptDataError("SNN_DATASET_MISSING", "HDF5", 0, problem);
}

class EmptyColumn implements TreeColumn {
  readonly kind = "column";
  readonly file: string;
  readonly path: string;
  readonly attributes: TreeAttributes = { names: [], get: () => undefined };
  readonly elements = "uint8";
  readonly width: undefined;
  readonly rows = 0;

  constructor(group: TreeGroup, name: string) {
    this.file = group.file;
    this.path = `${group.path}/${name}`;
  }

  read(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(0);
  }
}

/** An attribute as a number, or as it was; undefined where there is none. */
export function attributeOf(object: TreeObject, name: string): string | number | undefined {
  const value = object.attributes.get(name);
  return typeof value === "bigint" ? Number(value) : value;
}

/** All rows, or some, as float64: 64-bit integers without bigint, beyond ±2^53 rounded. */
export function readNumbers(column: TreeColumn, start = 0, stop: number = column.rows): Float64Array {
  const values = column.read(start, stop);
  if (values instanceof Float64Array) return values;
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array))
    return Float64Array.from(values);
  const words = wordsOf(values);
  const isSigned = values instanceof BigInt64Array;
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const high = words[2 * i + 1]!;
    numbers[i] = (isSigned ? high | 0 : high) * 2 ** 32 + words[2 * i]!;
  }
  return numbers;
}

/** Non-negative integers of at most 32 bits, as they are stored. @throws CorruptDataError for another kind */
export function readIndices(column: TreeColumn, start = 0, stop: number = column.rows): IndexArray {
  const values = column.read(start, stop);
  if (values instanceof Uint16Array || values instanceof Uint32Array || values instanceof Uint8Array)
    return values;
  throw damaged(column, `it holds ${column.elements}, not unsigned integers of up to 32 bits`);
}

/** Indices of neurons, or counts: the smallest kind that the file's author chose. */
export type IndexArray = Uint8Array | Uint16Array | Uint32Array;

/** @throws CorruptDataError when it is no JSON */
export function parseJson(object: Pick<TreeObject, "file" | "path">, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw damaged(object, `a text is no JSON (${(error as Error).message})`);
  }
}

/** The error for contents that contradict each other. */
export function damaged({ file, path }: Pick<TreeObject, "file" | "path">, problem: string): MillraceError {
  return new CorruptDataError(
    "SNN_FILE_DAMAGED",
    "HDF5",
    0,
    `${file}, ${path}: ${problem}; the file is damaged, see what \`validate\` finds`,
  );
}
