import { CorruptDataError, readU16, readU32, readU64 } from "@millrace/base";
import type { VfsFile } from "@millrace/files";
import { lookup3 } from "./lookup3.ts";
import { MESSAGE, type Message } from "./object-header.ts";
import { SUPERBLOCK_BYTES } from "./superblock.ts";

/** What a checkpoint's superblock says. */
export interface SuperblockFields {
  readonly rootAddress: number;
  readonly endOfFile: number;
}

const HEADER_PREFIX_BYTES = 10;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The error for bytes that this package cannot have written. */
export function corruptFile(path: string, address: number, problem: string): CorruptDataError {
  return new CorruptDataError(
    "HDF5_FILE_FOREIGN",
    path,
    address,
    `${problem}; the file is damaged, or was not written by this package`,
  );
}

/** Reads `length` bytes. @throws CorruptDataError when the file ends before */
export function readBytes(file: VfsFile, address: number, length: number): Uint8Array {
  const size = file.sizeSync();
  if (!(address >= 0 && address + length <= size)) {
    throw corruptFile(file.path, address, `${length} bytes are due, the file has ${size} in all`);
  }
  const bytes = new Uint8Array(length);
  file.readSync(bytes, address);
  return bytes;
}

/** Reads and checks the superblock. @throws CorruptDataError */
export function readSuperblock(file: VfsFile): SuperblockFields {
  const bytes = readBytes(file, 0, SUPERBLOCK_BYTES);
  if (readU64(bytes, 0) !== readU64(Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), 0)) {
    throw corruptFile(file.path, 0, "there is no signature of HDF5");
  }
  if (bytes[8] !== 2) throw corruptFile(file.path, 8, `the superblock has version ${bytes[8]}, not 2`);
  checkSum(file.path, bytes, 0, "the superblock");
  const endOfFile = readU64(bytes, 28);
  if (endOfFile > file.sizeSync()) {
    throw corruptFile(file.path, 28, `the file is cut off: ${endOfFile} bytes are due`);
  }
  return { rootAddress: readU64(bytes, 36), endOfFile };
}

/** Reads an object header of the form that this package writes. @throws CorruptDataError */
export function readObjectHeader(file: VfsFile, address: number): Message[] {
  const prefix = readBytes(file, address, HEADER_PREFIX_BYTES);
  if (readU32(prefix, 0) !== 0x5244484f || prefix[4] !== 2 || prefix[5] !== 2) {
    throw corruptFile(file.path, address, "there is no object header of one piece");
  }
  const bytes = readBytes(file, address, HEADER_PREFIX_BYTES + readU32(prefix, 6) + 4);
  checkSum(file.path, bytes, address, "an object header");
  const messages: Message[] = [];
  for (let at = HEADER_PREFIX_BYTES; at < bytes.length - 4; ) {
    const end = at + 4 + readU16(bytes, at + 1);
    messages.push({ type: bytes[at]!, body: bytes.subarray(at + 4, end) });
    at = end;
  }
  return messages;
}

/** The body of the one message of a type, or undefined. */
export function bodyOf(messages: readonly Message[], type: keyof typeof MESSAGE): Uint8Array | undefined {
  return messages.find((message) => message.type === MESSAGE[type])?.body;
}

/** The name in an attribute message of version 3. */
export function attributeName({ body }: Message): string {
  return decoder.decode(body.subarray(9, 9 + readU16(body, 2) - 1));
}

/** A link as the file has it. */
export interface StoredLink {
  readonly name: string;
  readonly address: number;
}

/** Reads the links of a group from its messages: link messages, or a symbol table. @throws CorruptDataError */
export function readLinks(file: VfsFile, messages: readonly Message[]): StoredLink[] {
  const links: StoredLink[] = [];
  for (const { type, body } of messages) {
    if (type !== MESSAGE.link) continue;
    const end = 5 + readU16(body, 3);
    links.push({ name: decodeName(file.path, 0, body.subarray(5, end)), address: readU64(body, end) });
  }
  const table = bodyOf(messages, "symbolTable");
  if (table === undefined) return links;
  const heap = readBytes(file, readU64(table, 8), 32);
  const names = readBytes(file, readU64(heap, 24), readU64(heap, 8));
  readNames(file, readU64(table, 0), 256, names, links);
  return links;
}

function readNames(
  file: VfsFile,
  address: number,
  levelAbove: number,
  names: Uint8Array,
  into: StoredLink[],
): void {
  const head = readBytes(file, address, 24);
  const isLeaf = readU32(head, 0) === 0x444f4e53;
  // Levels go down, so that damaged addresses cannot lead round in circles.
  if (!isLeaf && (readU32(head, 0) !== 0x45455254 || head[4] !== 0 || head[5]! >= levelAbove)) {
    throw corruptFile(file.path, address, "there is no node of a symbol table");
  }
  const count = readU16(head, 6);
  if (isLeaf) {
    const leaf = readBytes(file, address + 8, 40 * count);
    for (let i = 0; i < count; i++) {
      const start = readU64(leaf, 40 * i);
      const name = decodeName(file.path, address, names.subarray(start, names.indexOf(0, start)));
      into.push({ name, address: readU64(leaf, 40 * i + 8) });
    }
    return;
  }
  const children = readBytes(file, address + 24, 16 * count);
  for (let i = 0; i < count; i++) {
    readNames(file, readU64(children, 16 * i + 8), head[5]!, names, into);
  }
}

/** Names in symbol tables have no checksum. */
function decodeName(path: string, address: number, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    // The decoder's error says no more than this.
    throw corruptFile(path, address, "a name is not UTF-8");
  }
}

function checkSum(path: string, bytes: Uint8Array, address: number, what: string): void {
  const end = bytes.length - 4;
  if (lookup3(bytes, 0, end) === readU32(bytes, end)) return;
  throw corruptFile(path, address, `the checksum of ${what} does not fit`);
}
