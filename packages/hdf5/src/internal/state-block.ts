import { writeU32, writeU64 } from "@millrace/base";
import { ByteBuilder } from "./byte-builder.ts";
import { REFERENCE_BYTES } from "./datatype.ts";
import { lookup3 } from "./lookup3.ts";
import type { PendingWrite } from "./symbol-table.ts";

/** An object that others refer to. */
export interface ReferenceTarget {
  /** Of its header as laid out last. */
  readonly address: number;
  /** Whether its header is going to move. */
  readonly isDirty: boolean;
  /** Whether it never moves again, once it is written. */
  readonly isSettled: boolean;
}

/**
 * The headers and trees of one state of the file, in one piece.
 *
 * Objects may refer to each other in circles, so that addresses are put in place of zeros once all have theirs.
 */
export class StateBlock extends ByteBuilder {
  /** What goes elsewhere. */
  readonly writes: PendingWrite[];
  readonly #patches: { readonly at: number; readonly target: ReferenceTarget }[] = [];
  readonly #checksums: { readonly start: number; readonly end: number }[] = [];

  constructor(address: number, writes: PendingWrite[]) {
    super(address);
    this.writes = writes;
  }

  /** The bytes added last are these references. */
  addPatches(targets: readonly ReferenceTarget[]): void {
    const start = this.length - targets.length * REFERENCE_BYTES;
    for (const [i, target] of targets.entries())
      this.#patches.push({ at: start + i * REFERENCE_BYTES, target });
  }

  /** Adds a checksum of all from `start` on, which is reckoned at the end. */
  addLateChecksum(start: number): void {
    this.#checksums.push({ start, end: this.length });
    this.u32(0);
  }

  /** Fills in what was left open, once everything was added. @returns the bytes */
  finish(): Uint8Array {
    const { bytes } = this;
    for (const { at, target } of this.#patches) writeU64(bytes, at, target.address);
    for (const { start, end } of this.#checksums) writeU32(bytes, end, lookup3(bytes, start, end));
    return bytes;
  }
}
