import { InvalidArgumentError } from "@millrace/base";
import { ByteBuilder } from "./byte-builder.ts";
import type { StateBlock } from "./state-block.ts";

/** An object that a group holds, while it can still change. */
export interface FileNode {
  /** Nothing of it can change any more, so that it need not stay in memory once it is written. */
  readonly isSettled: boolean;
  /** Adds its header, and those below it, to `block`. @returns its address */
  addTo(block: StateBlock): number;
  /** Writes its data of this moment that are in no whole chunk yet. */
  prepare(): Promise<void>;
  prepareSync(): void;
  close(): Promise<void>;
  closeSync(): void;
}

/** A name in a group. */
export interface Link {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** Of the object's header as written last. */
  address: number;
  /** Undefined when the object was closed and written. */
  node: FileNode | undefined;
}

const encoder = new TextEncoder();
/** Links are messages of up to 64 KiB; longer names help nobody. */
const MAX_NAME_BYTES = 1024;

/** Makes a link. @throws InvalidArgumentError `HDF5_NAME_INVALID` */
export function newLink(name: string): Link {
  checkName(name, "a name");
  if (name.includes("/") || name === ".") {
    throw new InvalidArgumentError(
      "HDF5_NAME_INVALID",
      "a name",
      name,
      "one without / that is not a single dot; make one group at a time",
    );
  }
  return { name, nameBytes: encoder.encode(name), address: 0, node: undefined };
}

/** Checks a name of a link or an attribute. @throws InvalidArgumentError `HDF5_NAME_INVALID` */
export function checkName(name: string, what: string): void {
  const isText = typeof name === "string" && name.length > 0 && !name.includes("\0") && name.isWellFormed();
  if (isText && encoder.encode(name).length <= MAX_NAME_BYTES) return;
  throw new InvalidArgumentError(
    "HDF5_NAME_INVALID",
    what,
    name,
    `well-formed text of 1 to ${MAX_NAME_BYTES} bytes as UTF-8, without NUL`,
  );
}

/** The body of a link message, version 1, for a hard link with a UTF-8 name (specification, IV.A.2.g). */
export function encodeLink({ nameBytes, address }: Link): Uint8Array {
  const body = new ByteBuilder();
  // Bit 4: the character set is given; bit 0: the name's length takes two bytes.
  return body.u8(1).u8(0x11).u8(1).u16(nameBytes.length).add(nameBytes).u64(address).bytes;
}
