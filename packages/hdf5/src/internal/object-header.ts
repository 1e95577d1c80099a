import { lookup3 } from "./lookup3.ts";
import type { ReferenceTarget, StateBlock } from "./state-block.ts";

type MessageName =
  | "none"
  | "dataspace"
  | "linkInfo"
  | "datatype"
  | "fillValue"
  | "link"
  | "layout"
  | "groupInfo"
  | "filters"
  | "attribute"
  | "symbolTable";

/** The messages of object headers that we write, by their numbers (specification, IV.A.2). */
export const MESSAGE: Readonly<Record<MessageName, number>> = Object.freeze({
  none: 0x00,
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fillValue: 0x05,
  link: 0x06,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  symbolTable: 0x11,
});

/** The most bytes of one message: its size has 16 bits. */
export const MAX_MESSAGE_BYTES = 0xffff;

/** One message of an object header. */
export interface Message {
  readonly type: number;
  readonly body: Uint8Array;
  /** References at the end of the body, whose addresses are known once all is laid out. */
  readonly references?: readonly ReferenceTarget[];
}

/** The size of chunk 0 takes four bytes, so that every header is one piece. */
const CHUNK_SIZE_OF_FOUR_BYTES = 0x02;

/**
 * Adds an object header of version 2.
 * @returns its address
 */
export function addObjectHeader(block: StateBlock, messages: readonly Message[]): number {
  const start = block.length;
  const address = block.end;
  const size = messages.reduce((sum, { body }) => sum + 4 + body.length, 0);
  block.ascii("OHDR").u8(2).u8(CHUNK_SIZE_OF_FOUR_BYTES).u32(size);
  let hasReferences = false;
  for (const { type, body, references = [] } of messages) {
    block.u8(type).u16(body.length).u8(0).add(body);
    block.addPatches(references);
    hasReferences ||= references.length > 0;
  }
  if (hasReferences) block.addLateChecksum(start);
  else block.u32(lookup3(block.bytes, start, block.length));
  return address;
}
