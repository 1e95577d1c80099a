import { openBTreeV2, visitAllRecords } from "./btree-v2.ts";
import type { Cursor } from "./cursor.ts";
import { FractalHeap } from "./fractal-heap.ts";
import { bodyOf, MESSAGE, messageOf, type ObjectHeader } from "./object-header.ts";
import { NO_ADDRESS, type ReaderFile } from "./reader-file.ts";
import { readSymbolTable } from "./symbol-table.ts";

interface LinkBase {
  readonly name: string;
  /** Place in the order of creation, where the group keeps it. */
  readonly order: number | undefined;
}

/** An entry of a group as the file has it. */
export type Link =
  | (LinkBase & { readonly kind: "hard"; readonly address: number })
  | (LinkBase & { readonly kind: "soft"; readonly target: string })
  | (LinkBase & { readonly kind: "external"; readonly file: string; readonly target: string });

/** The links of a group: in the order of creation where the group keeps it, else by name. @throws CorruptDataError */
export function readLinks(file: ReaderFile, header: ObjectHeader): Map<string, Link> {
  const links: Link[] = [];
  const table = messageOf(file, header, "symbolTable");
  if (table !== undefined) links.push(...readSymbolTable(file, table.offset(), table.offset()));
  for (const message of header.messages) {
    if (message.type === MESSAGE.link) links.push(readLink(bodyOf(file, message)));
  }
  const info = messageOf(file, header, "linkInfo");
  if (info !== undefined) readDenseLinks(info, links);
  links.sort((a, b) =>
    a.order !== undefined && b.order !== undefined ? a.order - b.order : compareText(a.name, b.name),
  );
  const byName = new Map(links.map((link) => [link.name, link]));
  if (byName.size === links.length) return byName;
  throw file.corrupt(header.address, "a group has one name twice");
}

/** Orders text by UTF-16 units, the same everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Reads a link message (specification, IV.A.2.g). */
function readLink(cursor: Cursor): Link {
  cursor.version(1, 1);
  const flags = cursor.u8();
  const kind = (flags & 8) !== 0 ? cursor.u8() : 0;
  const order = (flags & 4) !== 0 ? cursor.u64() : undefined;
  if ((flags & 0x10) !== 0) cursor.u8();
  const name = cursor.text(cursor.uint(1 << (flags & 3)));
  if (kind === 0) return { kind: "hard", name, address: cursor.offset(), order };
  const value = cursor.sub(cursor.u16());
  if (kind === 1) return { kind: "soft", name, target: value.text(value.left), order };
  if (kind !== 64) throw cursor.file.unsupported("LINK", `link "${name}" of the user-defined type ${kind}`);
  value.u8();
  return { kind: "external", name, file: value.textUntilNul(), target: value.textUntilNul(), order };
}

/** Many links: the messages are in a fractal heap, listed by a B-tree over their names. */
function readDenseLinks(info: Cursor, into: Link[]): void {
  const { file } = info;
  info.version(0);
  const flags = info.u8();
  if ((flags & 1) !== 0) info.skip(8);
  const heapAddress = info.offset();
  const treeAddress = info.offset();
  if (heapAddress === NO_ADDRESS || treeAddress === NO_ADDRESS) return;
  const heap = new FractalHeap(file, heapAddress);
  const tree = openBTreeV2(file, treeAddress);
  if (tree.type !== 5) throw info.corrupt(`links are listed by a B-tree of type ${tree.type}`);
  visitAllRecords(tree, (record) => {
    record.skip(4);
    into.push(readLink(heap.object(record.take(heap.idBytes), "a link")));
  });
}
