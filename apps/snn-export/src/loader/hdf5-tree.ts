import type { ElementKind, TypedArray } from "@millrace/buffers";
import type {
  Hdf5ReadAttributes,
  Hdf5ReadDataset,
  Hdf5ReadGroup,
  Hdf5Scalar,
  Hdf5Type,
  Hdf5Values,
} from "@millrace/hdf5";
import type { TreeAttributes, TreeColumn, TreeGroup, TreeNode, TreeText, TreeValue } from "./run-tree.ts";

/** An HDF5 group as a group of an experiment's tree. */
export class Hdf5TreeGroup implements TreeGroup {
  readonly kind = "group";
  readonly file: string;
  readonly #group: Hdf5ReadGroup;

  constructor(file: string, group: Hdf5ReadGroup) {
    this.file = file;
    this.#group = group;
  }

  get path(): string {
    return this.#group.path;
  }

  get attributes(): TreeAttributes {
    return new Hdf5TreeAttributes(this.#group.attributes);
  }

  get names(): readonly string[] {
    return this.#group.names;
  }

  get(name: string): TreeNode | undefined {
    // A path would be followed, a name of the tree has no parts.
    if (this.#group.link(name) === undefined) return undefined;
    const found = this.#group.get(name);
    if (found === undefined || found.kind === "type") return undefined;
    return found.kind === "group" ? new Hdf5TreeGroup(this.file, found) : datasetNode(this.file, found);
  }
}

class Hdf5TreeAttributes implements TreeAttributes {
  readonly #attributes: Hdf5ReadAttributes;

  constructor(attributes: Hdf5ReadAttributes) {
    this.#attributes = attributes;
  }

  get names(): readonly string[] {
    return this.#attributes.names;
  }

  get(name: string): TreeValue | undefined {
    const value = this.#attributes.get(name);
    if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value;
    if (typeof value === "boolean") return value ? 1n : 0n;
    return value === undefined || value === null ? undefined : listText(value);
  }
}

class Hdf5TreeColumn implements TreeColumn {
  readonly kind = "column";
  readonly file: string;
  readonly elements: ElementKind;
  readonly width: number | undefined;
  readonly #dataset: Hdf5ReadDataset;

  constructor(file: string, dataset: Hdf5ReadDataset, elements: ElementKind) {
    this.file = file;
    this.elements = elements;
    this.width =
      dataset.shape.length > 1
        ? dataset.shape.slice(1).reduce((size, length) => size * length, 1)
        : undefined;
    this.#dataset = dataset;
  }

  get path(): string {
    return this.#dataset.path;
  }

  get attributes(): TreeAttributes {
    return new Hdf5TreeAttributes(this.#dataset.attributes);
  }

  get rows(): number {
    return this.#dataset.rows;
  }

  read(start: number, stop: number): TypedArray<ArrayBuffer> {
    return this.#dataset.readRowsSync(start, stop) as TypedArray<ArrayBuffer>;
  }
}

class Hdf5TreeText implements TreeText {
  readonly kind = "text";
  readonly file: string;
  readonly #dataset: Hdf5ReadDataset;

  constructor(file: string, dataset: Hdf5ReadDataset) {
    this.file = file;
    this.#dataset = dataset;
  }

  get path(): string {
    return this.#dataset.path;
  }

  get attributes(): TreeAttributes {
    return new Hdf5TreeAttributes(this.#dataset.attributes);
  }

  get isList(): boolean {
    return this.#dataset.shape.length > 0;
  }

  read(): string[] {
    return this.#dataset.readRowsSync(0, this.#dataset.rows, "string");
  }
}

function datasetNode(file: string, dataset: Hdf5ReadDataset): TreeNode | undefined {
  if (dataset.type.kind === "string") return new Hdf5TreeText(file, dataset);
  const elements = elementKind(dataset.type);
  return elements === undefined ? undefined : new Hdf5TreeColumn(file, dataset, elements);
}

/** What the reader gives for a type of numbers; undefined for others. */
function elementKind(type: Hdf5Type): ElementKind | undefined {
  if (type.kind === "boolean") return "uint8";
  const number = type.kind === "enum" ? type.base : type;
  if (!("bitCount" in number)) return undefined;
  return number.kind === "float16" ? "float32" : number.kind;
}

function listText(value: Hdf5Scalar | Hdf5Values): string {
  const list = ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value;
  return JSON.stringify(list, (_key, each: unknown) => (typeof each === "bigint" ? Number(each) : each));
}
