import { ClosedError, InvalidArgumentError } from "@millrace/base";
import type { Hdf5Dataset, Hdf5DatasetOptions } from "../dataset.ts";
import type { Hdf5Group } from "../group.ts";
import type { Hdf5Table, Hdf5TableOptions, TableColumns } from "../table.ts";
import { DatasetNode } from "./dataset-node.ts";
import { resolveDatasetOptions, resolveTableOptions } from "./dataset-plan.ts";
import type { DatasetKind } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { encodeLink, type FileNode, type Link, newLink } from "./link.ts";
import { MESSAGE, type Message } from "./object-header.ts";
import { linkNode, ObjectNode } from "./object-node.ts";
import { bodyOf, readLinks, readObjectHeader } from "./read-object.ts";
import type { StateBlock } from "./state-block.ts";
import { encodeSymbolTableMessage, SymbolTable } from "./symbol-table.ts";
import { TableNode } from "./table-node.ts";
import { encodeValue, type Hdf5Value, type Hdf5ValueOptions } from "./value.ts";
import { ValueNode } from "./value-node.ts";

/** Up to here links are messages of the header, all of which are written again when one changes. */
const MAX_COMPACT_LINKS = 32;

/** A group: names of other objects, few in the header, many in a symbol table. */
export class GroupNode extends ObjectNode implements Hdf5Group {
  readonly #links = new Map<string, Link>();
  /** Links of objects that are new or have changed since the last checkpoint. */
  #changed = new Set<Link>();
  #table: SymbolTable | undefined;

  constructor(path: string, context: FileContext) {
    super(path, context);
  }

  /** Reads a group as the file has it. */
  static read(path: string, context: FileContext, address: number): GroupNode {
    const { file } = context.output;
    const messages = readObjectHeader(file, address);
    if (bodyOf(messages, "linkInfo") === undefined && bodyOf(messages, "symbolTable") === undefined) {
      throw new InvalidArgumentError("HDF5_KIND_OTHER", path, "a dataset", "a group");
    }
    const group = new GroupNode(path, context);
    for (const { name, address: at } of readLinks(file, messages)) {
      const link = newLink(name);
      link.address = at;
      group.#links.set(name, link);
      group.#addToTable(link);
    }
    group.restore(messages);
    return group;
  }

  get names(): string[] {
    return [...this.#links.keys()];
  }

  async openGroup(name: string): Promise<Hdf5Group> {
    return this.openGroupSync(name);
  }

  openGroupSync(name: string): Hdf5Group {
    const { link, node } = this.#find(name);
    const opened = node ?? GroupNode.read(this.#childPath(name), this.context, link.address);
    if (!(opened instanceof GroupNode)) {
      throw new InvalidArgumentError("HDF5_KIND_OTHER", this.#childPath(name), "a dataset", "a group");
    }
    if (node === undefined) this.#connect(link, opened);
    return opened;
  }

  async openDataset<K extends DatasetKind>(name: string, kind: K): Promise<Hdf5Dataset<K>> {
    return this.openDatasetSync(name, kind);
  }

  openDatasetSync<K extends DatasetKind>(name: string, kind: K): Hdf5Dataset<K> {
    const { link, node } = this.#find(name);
    const opened = node ?? DatasetNode.read(this.#childPath(name), this.context, link.address);
    if (!(opened instanceof DatasetNode) || opened.kind !== kind) {
      const found =
        opened instanceof DatasetNode ? `a dataset of ${opened.kind}` : "a group or a fixed dataset";
      throw new InvalidArgumentError("HDF5_KIND_OTHER", this.#childPath(name), found, `a dataset of ${kind}`);
    }
    if (node === undefined) this.#connect(link, opened);
    return opened as DatasetNode<K>;
  }

  async openTable<C extends TableColumns>(name: string, columns: C): Promise<Hdf5Table<C>> {
    return this.openTableSync(name, columns);
  }

  openTableSync<C extends TableColumns>(name: string, columns: C): Hdf5Table<C> {
    const { link, node } = this.#find(name);
    const path = this.#childPath(name);
    const opened = node ?? TableNode.read(path, this.context, link.address, columns);
    if (!(opened instanceof TableNode && opened.hasColumns(columns))) {
      const expected = `a table of ${Object.keys(columns).join(", ")}`;
      throw new InvalidArgumentError("HDF5_KIND_OTHER", path, "another table, or no table", expected);
    }
    if (node === undefined) this.#connect(link, opened);
    return opened as TableNode<C>;
  }

  createGroup(name: string): Hdf5Group {
    const node = new GroupNode(this.#childPath(name), this.context);
    this.#add(name, node);
    return node;
  }

  createDataset<K extends DatasetKind>(name: string, options: Hdf5DatasetOptions<K>): Hdf5Dataset<K> {
    const plan = resolveDatasetOptions(options);
    const node = new DatasetNode<K>(this.#childPath(name), this.context, options.kind, plan);
    this.#add(name, node);
    return node;
  }

  createTable<C extends TableColumns>(name: string, options: Hdf5TableOptions<C>): Hdf5Table<C> {
    const plan = resolveTableOptions(options);
    const node = new TableNode<C>(this.#childPath(name), this.context, options.columns, plan);
    this.#add(name, node);
    return node;
  }

  async writeDataset(name: string, value: Hdf5Value, options?: Hdf5ValueOptions): Promise<ValueNode> {
    const node = this.#newValue(name, value, options);
    await node.write();
    this.#add(name, node);
    return node;
  }

  writeDatasetSync(name: string, value: Hdf5Value, options?: Hdf5ValueOptions): ValueNode {
    const node = this.#newValue(name, value, options);
    node.writeSync();
    this.#add(name, node);
    return node;
  }

  async prepare(): Promise<void> {
    for (const { node } of this.#changed) await node?.prepare();
  }

  prepareSync(): void {
    for (const { node } of this.#changed) node?.prepareSync();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.markClosed();
    for (const { node } of this.#links.values()) await node?.close();
    this.markFinal();
  }

  closeSync(): void {
    // Closed is not enough: another call may still wait for those below.
    if (this.isFinal) return;
    this.markClosed();
    for (const { node } of this.#links.values()) node?.closeSync();
    this.markFinal();
  }

  protected override messages(block: StateBlock): Message[] {
    for (const link of this.#changed) {
      if (link.node === undefined) continue;
      link.address = link.node.addTo(block);
      this.#table?.touch(link);
      if (link.node.isSettled) link.node = undefined;
    }
    this.#changed.clear();
    if (this.#table !== undefined) {
      const { tree, heap } = this.#table.addTo(block, block.writes);
      return [{ type: MESSAGE.symbolTable, body: encodeSymbolTableMessage(tree, heap) }];
    }
    const messages: Message[] = [
      { type: MESSAGE.linkInfo, body: linkInfo() },
      { type: MESSAGE.groupInfo, body: new Uint8Array(2) },
    ];
    for (const link of this.#links.values()) messages.push({ type: MESSAGE.link, body: encodeLink(link) });
    return messages;
  }

  #newValue(name: string, value: Hdf5Value, options: Hdf5ValueOptions | undefined): ValueNode {
    this.#checkFree(name);
    return new ValueNode(this.#childPath(name), this.context, encodeValue(value, options, this.context));
  }

  #add(name: string, node: ObjectNode): void {
    this.#checkFree(name);
    const link = newLink(name);
    this.#links.set(name, link);
    this.#connect(link, node);
    this.#changed.add(link);
    this.#addToTable(link);
    this.markDirty();
  }

  #connect(link: Link, node: ObjectNode): void {
    linkNode(link, node, this, this.#changed, () => this.markDirty());
  }

  #addToTable(link: Link): void {
    if (this.#table !== undefined) this.#table.insert(link);
    else if (this.#links.size > MAX_COMPACT_LINKS) {
      this.#table = new SymbolTable();
      for (const each of this.#links.values()) this.#table.insert(each);
    }
  }

  /** The link to an object that is not in memory, or the object. */
  #find(name: string): { readonly link: Link; readonly node: FileNode | undefined } {
    this.checkOpen();
    const link = this.#links.get(name);
    if (link === undefined) {
      throw new InvalidArgumentError(
        "HDF5_NAME_MISSING",
        `a name in ${this.path}`,
        name,
        "one that is there",
      );
    }
    if (link.node instanceof ObjectNode && link.node.isClosed) {
      throw new ClosedError("HDF5_OBJECT_CLOSED", `${this.#childPath(name)} of ${this.context.path}`);
    }
    return { link, node: link.node };
  }

  #checkFree(name: string): void {
    this.checkOpen();
    if (!this.#links.has(name)) return;
    throw new InvalidArgumentError(
      "HDF5_NAME_TAKEN",
      `a name in ${this.path}`,
      name,
      "one that is not there yet",
    );
  }

  #childPath(name: string): string {
    return this.path === "/" ? `/${name}` : `${this.path}/${name}`;
  }
}

/** Link info message, version 0: no dense storage, no index (specification, IV.A.2.c). */
function linkInfo(): Uint8Array {
  const body = new Uint8Array(18).fill(0xff, 2);
  body[0] = 0;
  return body;
}
