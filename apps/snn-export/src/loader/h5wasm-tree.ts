import { type ElementKind, newTypedArray, type TypedArray } from "@millrace/buffers";
import type { Attribute, Dataset, Entity, Group } from "h5wasm/node";
import { guard, openH5File } from "../h5-file.ts";
import type { TreeAttributes, TreeColumn, TreeGroup, TreeNode, TreeText, TreeValue } from "./run-tree.ts";

/** Opens a file through libhdf5; `close` ends it. @throws IoError when libhdf5 cannot read it */
export function openH5wasmTree(path: string): { readonly root: TreeGroup; close(): void } {
  const file = openH5File(path);
  return { root: new H5wasmTreeGroup(path, file), close: () => guard(path, "read", () => void file.close()) };
}

class H5wasmTreeGroup implements TreeGroup {
  readonly kind = "group";
  readonly file: string;
  readonly path: string;
  readonly #group: Group;

  constructor(file: string, group: Group) {
    this.file = file;
    this.path = group.path;
    this.#group = group;
  }

  get attributes(): TreeAttributes {
    return new H5wasmTreeAttributes(this.file, this.#group.attrs);
  }

  get names(): readonly string[] {
    return guard(this.file, "read", () => this.#group.keys());
  }

  get(name: string): TreeNode | undefined {
    if (!this.names.includes(name)) return undefined;
    const found = guard(this.file, "read", () => this.#group.get(name));
    if (found === null) return undefined;
    // Its classes are not exported as values: the field tells them apart.
    if (isA<Group>(found, "Group")) return new H5wasmTreeGroup(this.file, found);
    return isA<Dataset>(found, "Dataset") ? datasetNode(this.file, found) : undefined;
  }
}

class H5wasmTreeAttributes implements TreeAttributes {
  readonly #file: string;
  readonly #attributes: Readonly<Record<string, Attribute>>;

  constructor(file: string, attributes: Readonly<Record<string, Attribute>>) {
    this.#file = file;
    this.#attributes = attributes;
  }

  get names(): readonly string[] {
    return Object.keys(this.#attributes);
  }

  get(name: string): TreeValue | undefined {
    if (!Object.hasOwn(this.#attributes, name)) return undefined;
    const value = guard(this.#file, "read", () => this.#attributes[name]!.value);
    if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value;
    if (typeof value === "boolean") return value ? 1n : 0n;
    return value === null ? undefined : JSON.stringify(this.#attributes[name]!.json_value);
  }
}

class H5wasmTreeColumn implements TreeColumn {
  readonly kind = "column";
  readonly file: string;
  readonly path: string;
  readonly elements: ElementKind;
  readonly width: number | undefined;
  readonly rows: number;
  readonly #dataset: Dataset;

  constructor(file: string, dataset: Dataset, elements: ElementKind) {
    const [rows = 1, ...inner] = dataset.shape ?? [0];
    this.file = file;
    this.path = dataset.path;
    this.elements = elements;
    this.width = inner.length === 0 ? undefined : inner.reduce((size, length) => size * length, 1);
    this.rows = rows;
    this.#dataset = dataset;
  }

  get attributes(): TreeAttributes {
    return new H5wasmTreeAttributes(this.file, this.#dataset.attrs);
  }

  read(start: number, stop: number): TypedArray<ArrayBuffer> {
    if (stop <= start) return newTypedArray(this.elements, 0);
    const values = guard(this.file, "read", () =>
      (this.#dataset.shape ?? []).length === 0 ? this.#dataset.value : this.#dataset.slice([[start, stop]]),
    );
    if (ArrayBuffer.isView(values)) return values as TypedArray<ArrayBuffer>;
    // Scalars and booleans come as plain values.
    const plain = (Array.isArray(values) ? values : [values]) as readonly (number | bigint | boolean)[];
    const numbers = newTypedArray(this.elements, plain.length);
    plain.forEach((value, i) => {
      numbers[i] = (typeof value === "boolean" ? Number(value) : value) as never;
    });
    return numbers;
  }
}

class H5wasmTreeText implements TreeText {
  readonly kind = "text";
  readonly file: string;
  readonly path: string;
  readonly isList: boolean;
  readonly #dataset: Dataset;

  constructor(file: string, dataset: Dataset) {
    this.file = file;
    this.path = dataset.path;
    this.isList = (dataset.shape ?? []).length > 0;
    this.#dataset = dataset;
  }

  get attributes(): TreeAttributes {
    return new H5wasmTreeAttributes(this.file, this.#dataset.attrs);
  }

  read(): string[] {
    const value = guard(this.file, "read", () => this.#dataset.value);
    return Array.isArray(value) ? value.map(String) : [String(value)];
  }
}

function isA<T extends Group | Dataset>(entity: Entity, type: "Group" | "Dataset"): entity is T {
  return "type" in entity && String(entity.type) === type;
}

function datasetNode(file: string, dataset: Dataset): TreeNode | undefined {
  const { dtype } = dataset;
  if (typeof dtype !== "string")
    return isBoolean(dataset) ? new H5wasmTreeColumn(file, dataset, "uint8") : undefined;
  if (dtype.startsWith("S")) return new H5wasmTreeText(file, dataset);
  const elements = KINDS[dtype.replace(/^[<>|]/, "")];
  return elements === undefined ? undefined : new H5wasmTreeColumn(file, dataset, elements);
}

/** As h5py stores booleans: an enumeration of FALSE and TRUE. */
function isBoolean(dataset: Dataset): boolean {
  const members = dataset.metadata.enum_type?.members;
  return members !== undefined && Object.keys(members).sort().join() === "FALSE,TRUE";
}

/** h5wasm's letters for kinds, without the byte order, which it resolves itself. */
const KINDS: Readonly<Record<string, ElementKind>> = {
  B: "uint8",
  b: "int8",
  H: "uint16",
  h: "int16",
  I: "uint32",
  i: "int32",
  Q: "uint64",
  q: "int64",
  f: "float32",
  d: "float64",
};
