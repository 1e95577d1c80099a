import { Cursor } from "./cursor.ts";
import type { ReaderFile } from "./reader-file.ts";

/** Types of header messages that are read (specification, IV.A.2). */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** One message of an object header. */
export interface HeaderMessage {
  readonly type: number;
  readonly isShared: boolean;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Where the body is in the file. */
  readonly address: number;
  /** Place in the order of creation, where the header keeps it. */
  readonly order: number | undefined;
}

/** All messages of an object. */
export interface ObjectHeader {
  readonly address: number;
  readonly messages: readonly HeaderMessage[];
}

const NIL = 0;
const SHARED_FLAG = 2;

/** Reads an object header, version 1 or 2, with its continuations. @throws CorruptDataError */
export function readObjectHeader(file: ReaderFile, address: number): ObjectHeader {
  const start = file.bytes(address, 5, "an object header");
  const isNew = start[0] === 0x4f && start[1] === 0x48 && start[2] === 0x44 && start[3] === 0x52;
  const messages: HeaderMessage[] = [];
  const blocks: Block[] = [];
  let layout: MessageLayout = OLD_LAYOUT;
  if (isNew) layout = startNew(file, address, messages, blocks);
  else startOld(file, address, messages, blocks);
  // Continuations that do not overlap cannot hold more than the file does: what goes beyond that leads in circles.
  let budget = file.size;
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) {
    budget -= block.length;
    if (budget < 0 || block.length === 0) throw file.corrupt(address, "continuations of a header overlap");
    const cursor = isNew
      ? file.checkedCursor(block.address, block.length, "a continuation of an object header")
      : file.cursor(block.address, block.length, "a continuation of an object header");
    if (isNew) cursor.expectSignature("OCHK");
    readMessages(cursor, layout, messages, blocks);
  }
  return { address, messages };
}

/** A cursor over the one message of a type, or undefined; what is shared is looked up. */
export function messageOf(
  file: ReaderFile,
  header: ObjectHeader,
  type: keyof typeof MESSAGE,
): Cursor | undefined {
  const found = header.messages.find((message) => message.type === MESSAGE[type]);
  return found === undefined ? undefined : bodyOf(file, found);
}

/** A cursor over a message's body; what is shared is looked up. @throws CorruptDataError */
export function bodyOf(file: ReaderFile, message: HeaderMessage): Cursor {
  const cursor = new Cursor(file, message.body, message.address, `a message of type ${message.type}`);
  return message.isShared ? readShared(cursor, message.type) : cursor;
}

/**
 * Follows a shared message (specification, IV.A.2: "Shared Message"): the type of a dataset is a committed one, say.
 * @throws MillraceError `HDF5_UNSUPPORTED_SHARED_MESSAGE` for the table of messages that all objects share
 */
export function readShared(cursor: Cursor, type: number): Cursor {
  const { file } = cursor;
  const version = cursor.version(3, 2);
  const kind = cursor.u8();
  if (version === 3 && kind === 1) {
    throw file.unsupported("SHARED_MESSAGE", "a message in the file's table of shared messages");
  }
  const target = readObjectHeader(file, cursor.offset());
  const message = target.messages.find((one) => one.type === type);
  if (message === undefined || message.isShared) {
    throw file.corrupt(target.address, `the object has no message of type ${type} to share`);
  }
  return bodyOf(file, message);
}

interface Block {
  readonly address: number;
  readonly length: number;
}

interface MessageLayout {
  readonly isNew: boolean;
  readonly hasOrder: boolean;
}

const OLD_LAYOUT: MessageLayout = { isNew: false, hasOrder: false };

function startOld(file: ReaderFile, address: number, into: HeaderMessage[], blocks: Block[]): void {
  const prefix = file.cursor(address, 16, "an object header");
  prefix.version(1, 1);
  prefix.skip(7);
  const length = prefix.u32();
  readMessages(file.cursor(address + 16, length, "an object header"), OLD_LAYOUT, into, blocks);
}

function startNew(file: ReaderFile, address: number, into: HeaderMessage[], blocks: Block[]): MessageLayout {
  const prefix = file.cursor(address, 6, "an object header");
  prefix.skip(4);
  prefix.version(2, 2);
  const flags = prefix.u8();
  const prefixBytes = 6 + ((flags & 0x20) !== 0 ? 16 : 0) + ((flags & 0x10) !== 0 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  const length = file.cursor(address + prefixBytes, sizeBytes, "an object header").uint(sizeBytes);
  const cursor = file.checkedCursor(address, prefixBytes + sizeBytes + length + 4, "an object header");
  cursor.skip(prefixBytes + sizeBytes);
  const layout = { isNew: true, hasOrder: (flags & 4) !== 0 };
  readMessages(cursor, layout, into, blocks);
  return layout;
}

/** What is shorter than a message's own header at the end is a gap. */
function readMessages(
  cursor: Cursor,
  { isNew, hasOrder }: MessageLayout,
  into: HeaderMessage[],
  blocks: Block[],
): void {
  const headBytes = isNew ? (hasOrder ? 6 : 4) : 8;
  while (cursor.left >= headBytes) {
    const type = isNew ? cursor.u8() : cursor.u16();
    const length = cursor.u16();
    const flags = cursor.u8();
    if (!isNew) cursor.skip(3);
    const order = hasOrder ? cursor.u16() : undefined;
    const body = cursor.sub(length);
    if (type === MESSAGE.continuation) blocks.push({ address: body.offset(), length: body.length() });
    else if (type !== NIL) {
      const isShared = (flags & SHARED_FLAG) !== 0;
      into.push({ type, isShared, body: body.bytes, address: body.address, order });
    }
  }
}
