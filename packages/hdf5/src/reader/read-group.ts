import { MillraceError } from "@millrace/base";
import { type Link, readLinks } from "./links.ts";
import { MESSAGE, type ObjectHeader, readObjectHeader } from "./object-header.ts";
import { Hdf5ReadAttributes } from "./read-attributes.ts";
import { Hdf5ReadDataset } from "./read-dataset.ts";
import { Hdf5ReadType } from "./read-type.ts";
import type { ReaderContext } from "./reader-context.ts";

/** What a name in a group can lead to. */
export type Hdf5ReadObject = Hdf5ReadGroup | Hdf5ReadDataset | Hdf5ReadType;

/** An entry of a group: a hard link is the object itself, the others lead to it by a path. */
export type Hdf5Link =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string };

/** Groups whose links are kept, so that a path is not read anew each time. */
const MAX_GROUPS_KEPT = 64;
/** Soft links that one path may lead through: more is a circle. */
const MAX_SOFT_LINKS = 32;

/** A group of a file that is read. */
export class Hdf5ReadGroup {
  readonly kind = "group";
  readonly path: string;
  /** Where its header is, counted from the superblock. */
  readonly address: number;
  readonly attributes: Hdf5ReadAttributes;
  readonly #context: ReaderContext;
  readonly #header: ObjectHeader;

  constructor(context: ReaderContext, header: ObjectHeader, path: string) {
    this.path = path;
    this.address = header.address;
    this.attributes = new Hdf5ReadAttributes(context, header);
    this.#context = context;
    this.#header = header;
  }

  /** Names in the order of creation where the group keeps it, else sorted. @throws CorruptDataError */
  get names(): string[] {
    return [...this.#all().keys()];
  }

  /** Objects by name; links that lead nowhere or into other files are left out. */
  get children(): Generator<readonly [string, Hdf5ReadObject]> {
    return this.#children();
  }

  /** The entry of that name, not followed; undefined when there is none. */
  link(name: string): Hdf5Link | undefined {
    const link = this.#all().get(name);
    if (link === undefined) return undefined;
    if (link.kind === "hard") return { kind: "hard", address: link.address };
    if (link.kind === "soft") return { kind: "soft", target: link.target };
    return { kind: "external", file: link.file, target: link.target };
  }

  /**
   * The object at a path: "name", "a/b/c", or from the root with "/" first. Soft links are followed.
   * @returns undefined when there is nothing, or a soft link leads nowhere
   * @throws CorruptDataError
   * @throws MillraceError `HDF5_LINK_CIRCULAR`, `HDF5_UNSUPPORTED_EXTERNAL_LINK`
   */
  get(path: string): Hdf5ReadObject | undefined {
    return this.#resolve(path, { left: MAX_SOFT_LINKS });
  }

  /** {@link get} of a group. @throws MillraceError `HDF5_OBJECT_MISSING` when there is none */
  group(path: string): Hdf5ReadGroup {
    const found = this.get(path);
    if (found?.kind === "group") return found;
    throw this.#missing("group", path, found);
  }

  /** {@link get} of a dataset. @throws MillraceError `HDF5_OBJECT_MISSING` when there is none */
  dataset(path: string): Hdf5ReadDataset {
    const found = this.get(path);
    if (found?.kind === "dataset") return found;
    throw this.#missing("dataset", path, found);
  }

  *#children(): Generator<readonly [string, Hdf5ReadObject]> {
    for (const [name, { kind }] of this.#all()) {
      const found = kind === "external" ? undefined : this.get(name);
      if (found !== undefined) yield [name, found];
    }
  }

  #all(): ReadonlyMap<string, Link> {
    this.#context.file.checkOpen();
    const { file, links } = this.#context;
    const known = links.get(this.address);
    if (known !== undefined) return known;
    const found = readLinks(file, this.#header);
    if (links.size >= MAX_GROUPS_KEPT) links.clear();
    links.set(this.address, found);
    return found;
  }

  #resolve(path: string, budget: { left: number }): Hdf5ReadObject | undefined {
    let at: Hdf5ReadObject = this;
    if (path.startsWith("/")) at = openObject(this.#context, this.#context.rootAddress, "/");
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (at.kind !== "group") return undefined;
      const next = at.#follow(name, budget);
      if (next === undefined) return undefined;
      at = next;
    }
    return at;
  }

  #follow(name: string, budget: { left: number }): Hdf5ReadObject | undefined {
    const link = this.#all().get(name);
    if (link === undefined) return undefined;
    const path = this.path === "/" ? `/${name}` : `${this.path}/${name}`;
    if (link.kind === "hard") return openObject(this.#context, link.address, path);
    if (link.kind === "external") {
      throw this.#context.file.unsupported(
        "EXTERNAL_LINK",
        `${path}, which leads to ${link.target} of the file ${link.file},`,
      );
    }
    if (budget.left-- === 0) {
      throw new MillraceError(
        "HDF5_LINK_CIRCULAR",
        `${this.#context.file.path}: ${path} leads through more than ${MAX_SOFT_LINKS} soft links, in a circle perhaps`,
      );
    }
    return this.#resolve(link.target, budget);
  }

  #missing(wanted: string, path: string, found: Hdf5ReadObject | undefined): MillraceError {
    const problem = found === undefined ? "there is nothing" : `there is a ${found.kind}, not a ${wanted}`;
    return new MillraceError(
      "HDF5_OBJECT_MISSING",
      `${this.#context.file.path}: ${problem} at "${path}" in ${this.path}; see the names of the group`,
    );
  }
}

/** Opens the object whose header is at `address`. @throws CorruptDataError */
export function openObject(context: ReaderContext, address: number, path: string): Hdf5ReadObject {
  const header = readObjectHeader(context.file, address);
  const has = (...types: number[]): boolean => header.messages.some(({ type }) => types.includes(type));
  if (has(MESSAGE.layout, MESSAGE.dataspace)) return new Hdf5ReadDataset(context, header, path);
  if (has(MESSAGE.symbolTable, MESSAGE.linkInfo, MESSAGE.link, MESSAGE.groupInfo)) {
    return new Hdf5ReadGroup(context, header, path);
  }
  if (has(MESSAGE.datatype)) return new Hdf5ReadType(context, header, path);
  throw context.file.corrupt(address, `the object ${path} is neither group nor dataset nor type`);
}
