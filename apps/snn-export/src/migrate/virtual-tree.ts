import { kindOf, newTypedArray, type TypedArray, type TypedArrayOf } from "@millrace/buffers";
import {
  readNumbers,
  type TreeAttributes,
  type TreeColumn,
  type TreeGroup,
  type TreeNode,
  type TreeText,
  type TreeValue,
} from "../loader/run-tree.ts";

/** A value, or what works it out when it is asked for. */
export type Lazy<T> = T | (() => T);

/** Attributes by name; those that are undefined are not there. */
export type AttributeMap = Readonly<Record<string, Lazy<TreeValue | undefined>>>;

/** What is in a group, by name; what is undefined is not there. */
export type ChildMap = Readonly<Record<string, Lazy<TreeNode | undefined>>>;

/** A group that is in no file: each part is made when it is first asked for. */
export class VirtualGroup implements TreeGroup {
  readonly kind = "group";
  readonly file: string;
  readonly path: string;
  readonly attributes: TreeAttributes;
  readonly #children: ReadonlyMap<string, Lazy<TreeNode | undefined>>;
  readonly #made = new Map<string, TreeNode | undefined>();

  constructor(place: Pick<TreeGroup, "file" | "path">, attributes: AttributeMap, children: ChildMap) {
    this.file = place.file;
    this.path = place.path;
    this.attributes = attributesFrom(attributes);
    this.#children = new Map(Object.entries(children));
  }

  get names(): readonly string[] {
    return [...this.#children.keys()].filter((name) => this.get(name) !== undefined);
  }

  get(name: string): TreeNode | undefined {
    if (!this.#made.has(name)) this.#made.set(name, resolved(this.#children.get(name)));
    return this.#made.get(name);
  }
}

/** A group as it is but for some attributes and children, which are replaced, added, or (undefined) left out. */
export function changedGroup(group: TreeGroup, attributes: AttributeMap, children: ChildMap): VirtualGroup {
  const oldAttributes = group.attributes.names.map(
    (name) => [name, () => group.attributes.get(name)] as const,
  );
  const oldChildren = group.names.map((name) => [name, () => group.get(name)] as const);
  return new VirtualGroup(
    group,
    { ...Object.fromEntries(oldAttributes), ...attributes },
    { ...Object.fromEntries(oldChildren), ...children },
  );
}

/** A group whose children are all seen through `change`, each when it is asked for. */
export function mappedGroup(
  group: TreeGroup,
  change: (child: TreeNode, name: string) => TreeNode,
): VirtualGroup {
  const children = group.names.map(
    (name) =>
      [
        name,
        () => {
          const child = group.get(name);
          return child === undefined ? undefined : change(child, name);
        },
      ] as const,
  );
  return changedGroup(group, {}, Object.fromEntries(children));
}

/** What a made column is. */
interface ColumnFacts {
  readonly unit: string;
  readonly description: string;
  readonly width?: number;
}

/** A column whose values are in memory. */
export function columnOf(
  place: TreeColumn["path"],
  file: string,
  values: TypedArray,
  facts: ColumnFacts,
): TreeColumn {
  const { width, unit, description } = facts;
  return {
    kind: "column",
    file,
    path: place,
    attributes: attributesFrom({ units: unit, description }),
    elements: kindOf(values),
    width,
    rows: values.length / (width ?? 1),
    read: (start, stop) =>
      values.subarray(start * (width ?? 1), stop * (width ?? 1)) as TypedArray<ArrayBuffer>,
  };
}

/** A column of fewer rows of another one: from `start` on. */
export function rowsOf(column: TreeColumn, start: number, rows: number, facts?: ColumnFacts): TreeColumn {
  return {
    ...plain(column),
    rows,
    ...(facts === undefined
      ? {}
      : { attributes: attributesFrom({ units: facts.unit, description: facts.description }) }),
    read: (from, to) => column.read(start + from, start + to),
  };
}

/** A column whose numbers are stored in another kind. @param elements - holds all of them */
export function asKind(
  column: TreeColumn,
  elements: "uint8" | "uint16" | "uint32" | "float64" | "int64",
): TreeColumn {
  if (column.elements === elements) return column;
  return {
    ...plain(column),
    elements,
    read: (start, stop) => {
      const numbers = readNumbers(column, start, stop);
      if (elements === "int64") return BigInt64Array.from(numbers, BigInt);
      const values = newTypedArray(elements, numbers.length) as TypedArrayOf<"float64", ArrayBuffer>;
      values.set(numbers);
      return values;
    },
  };
}

/** One text. */
export function textOf(place: Pick<TreeGroup, "file" | "path">, name: string, text: () => string): TreeText {
  return {
    kind: "text",
    file: place.file,
    path: `${place.path}/${name}`,
    attributes: attributesFrom({}),
    isList: false,
    read: () => [text()],
  };
}

/** Attributes from plain values, each worked out when it is asked for. */
export function attributesFrom(map: AttributeMap): TreeAttributes {
  const values = new Map(Object.entries(map));
  return {
    get names() {
      return [...values].flatMap(([name, value]) => (resolved(value) === undefined ? [] : [name]));
    },
    get: (name) => {
      const value = resolved(values.get(name));
      values.set(name, value);
      return value;
    },
  };
}

/** The getters of a column of a class are not its own: a copy has to name them. */
function plain(column: TreeColumn): TreeColumn {
  const { kind, file, path, attributes, elements, width, rows } = column;
  return {
    kind,
    file,
    path,
    attributes,
    elements,
    width,
    rows,
    read: (start, stop) => column.read(start, stop),
  };
}

function resolved<T extends TreeNode | TreeValue>(lazy: Lazy<T | undefined> | undefined): T | undefined {
  return typeof lazy === "function" ? (lazy as () => T | undefined)() : lazy;
}
