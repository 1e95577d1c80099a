import { crc32c } from "@millrace/base";
import { readFull } from "@millrace/files";
import type { HeldFile } from "../storage/checkpoints.ts";
import type { Engine } from "../storage/engine.ts";
import { type BaseParts, partKey } from "./manifest.ts";
import type { ShipTarget } from "./target.ts";

const PART_BYTES = 8 * 1024 * 1024;

/**
 * Copies a database's file to a target, a part at a time, while the database is used.
 *
 * Pages that are written meanwhile may be torn in the copy, or newer than others: the log from the checkpoint on has
 * them all, each as a whole page first. Compressed and encrypted files are not written over while they are held.
 */
export class BaseCopy {
  readonly line: number;
  readonly id: number;
  /** The log from this record on belongs to it. */
  readonly lsn: number;
  readonly bytes: number;
  readonly #target: ShipTarget;
  readonly #engine: Engine;
  readonly #held: HeldFile;
  readonly #checksums: number[] = [];
  #wholeLsn = Number.POSITIVE_INFINITY;

  constructor(target: ShipTarget, engine: Engine, line: number, id: number) {
    this.line = line;
    this.id = id;
    this.#target = target;
    this.#engine = engine;
    this.#held = engine.checkpoints.hold();
    this.lsn = this.#held.checkpointLsn;
    this.bytes = this.#held.bytes;
  }

  get isDone(): boolean {
    return this.#checksums.length * PART_BYTES >= this.bytes;
  }

  /** With the log up to this record the copy is whole; known once it is done. */
  get wholeLsn(): number {
    return this.#wholeLsn;
  }

  get parts(): BaseParts {
    return { bytes: this.bytes, partBytes: PART_BYTES, checksums: this.#checksums };
  }

  /** Copies a part; one that failed is copied again by the next call. */
  async copyNext(): Promise<void> {
    const { file, head } = this.#held;
    const number = this.#checksums.length;
    const start = number * PART_BYTES;
    const part = new Uint8Array(Math.min(PART_BYTES, this.bytes - start));
    await readFull(file, part, start);
    if (number === 0) part.set(head);
    await this.#target.put(partKey(this.line, this.id, number), part);
    this.#checksums.push(crc32c(part));
    if (!this.isDone) return;
    // No page is in the file before its log is durable.
    this.#wholeLsn = this.#engine.pager.wal.stats.durableLsn;
    this.#held.release();
  }

  /** Ends it, done or not. */
  close(): void {
    this.#held.release();
  }
}
