import { openBTreeV2, visitAllRecords } from "./btree-v2.ts";
import type { Cursor } from "./cursor.ts";
import { type Dataspace, readDataspace } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import { FractalHeap } from "./fractal-heap.ts";
import { compareText } from "./links.ts";
import { bodyOf, MESSAGE, messageOf, type ObjectHeader, readShared } from "./object-header.ts";
import { NO_ADDRESS, type ReaderFile } from "./reader-file.ts";
import type { Hdf5Type } from "./types.ts";

/** An attribute whose value is not decoded yet. */
export interface StoredAttribute {
  readonly name: string;
  readonly type: Hdf5Type;
  readonly space: Dataspace;
  /** All bytes of the value, and perhaps more. */
  readonly data: Cursor;
}

interface OrderedAttribute extends StoredAttribute {
  readonly order: number | undefined;
}

const SHARED_MESSAGE_FLAG = 2;

/** The attributes of an object: by creation where the object keeps that, else by name. @throws CorruptDataError */
export function readAttributes(file: ReaderFile, header: ObjectHeader): Map<string, StoredAttribute> {
  const found: OrderedAttribute[] = [];
  for (const message of header.messages) {
    if (message.type === MESSAGE.attribute) found.push(readAttribute(bodyOf(file, message), message.order));
  }
  const info = messageOf(file, header, "attributeInfo");
  if (info !== undefined) readDense(info, found);
  found.sort((a, b) =>
    a.order !== undefined && b.order !== undefined ? a.order - b.order : compareText(a.name, b.name),
  );
  const byName = new Map(found.map((attribute) => [attribute.name, attribute]));
  if (byName.size === found.length) return byName;
  throw file.corrupt(header.address, "an object has one attribute twice");
}

/** Reads an attribute message, versions 1 to 3 (specification, IV.A.2.m). */
function readAttribute(cursor: Cursor, order: number | undefined): OrderedAttribute {
  const version = cursor.version(3, 1);
  const flags = cursor.u8();
  const nameBytes = cursor.u16();
  const typeBytes = cursor.u16();
  const spaceBytes = cursor.u16();
  if (version === 3) cursor.u8();
  // Version 1 fills each part up to a multiple of eight bytes.
  const padding = version === 1 ? 8 : 1;
  const part = (length: number, what: string): Cursor => {
    const body = cursor.sub(length, what);
    cursor.skip(Math.min(cursor.left, (padding - (length % padding)) % padding));
    return body;
  };
  const name = part(nameBytes, "an attribute's name").textUntilNul();
  const typeBody = part(typeBytes, `the type of attribute "${name}"`);
  const spaceBody = part(spaceBytes, `the shape of attribute "${name}"`);
  const isTypeShared = version > 1 && (flags & 1) !== 0;
  const isSpaceShared = version > 1 && (flags & 2) !== 0;
  const type = readDatatype(isTypeShared ? readShared(typeBody, MESSAGE.datatype) : typeBody);
  const space = readDataspace(isSpaceShared ? readShared(spaceBody, MESSAGE.dataspace) : spaceBody);
  return { name, type, space, data: cursor.sub(cursor.left, `attribute "${name}"`), order };
}

/** Many or large attributes: the messages are in a fractal heap, listed by a B-tree over their names. */
function readDense(info: Cursor, into: OrderedAttribute[]): void {
  const { file } = info;
  info.version(0);
  const flags = info.u8();
  if ((flags & 1) !== 0) info.skip(2);
  const heapAddress = info.offset();
  const treeAddress = info.offset();
  if (heapAddress === NO_ADDRESS || treeAddress === NO_ADDRESS) return;
  const heap = new FractalHeap(file, heapAddress);
  const tree = openBTreeV2(file, treeAddress);
  if (tree.type !== 8) throw info.corrupt(`attributes are listed by a B-tree of type ${tree.type}`);
  visitAllRecords(tree, (record) => {
    const id = record.take(heap.idBytes);
    const messageFlags = record.u8();
    const order = record.u32();
    if ((messageFlags & SHARED_MESSAGE_FLAG) !== 0) {
      throw file.unsupported("SHARED_MESSAGE", "an attribute in the file's table of shared messages");
    }
    into.push(readAttribute(heap.object(id, "an attribute"), (flags & 1) !== 0 ? order : undefined));
  });
}
