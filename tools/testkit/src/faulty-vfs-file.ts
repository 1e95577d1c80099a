import { ClosedError, checkInteger, type IoError, type SeededRandom } from "@millrace/base";
import { fileError, toFileError, type VfsFile } from "@millrace/files";
import { type FaultyContent, SECTOR_BYTES } from "./faulty-vfs-content.ts";
import type { FaultPlan, FaultyCall, PlannedFailure } from "./faulty-vfs-plan.ts";

/** What `allocate` writes at a time. */
const ZEROS = new Uint8Array(4096);

/** The error of a call that the plan lets fail. */
export function plannedError(fault: PlannedFailure, path: string, call: string): IoError {
  if (fault === "HALTING" || fault === "HALTED") {
    return fileError("FILES_IO_FAILED", path, call, "the simulated power is off");
  }
  return toFileError(Object.assign(new Error(`${fault}, as planned`), { code: fault }), path, call);
}

/**
 * Waits zero to three turns of the micro-task queue, so that calls overlap in an order that the seed decides.
 * Arguments take effect only afterwards: a caller that changes its buffer too early is found out.
 */
export async function someTurns(random: SeededRandom): Promise<void> {
  for (let turns = random.nextInt(0, 3); turns > 0; turns--) await undefined;
}

/** An open file of a FaultyVfs. */
export class FaultyFile implements VfsFile {
  readonly path: string;
  readonly #content: FaultyContent;
  readonly #isReadOnly: boolean;
  readonly #plan: FaultPlan;
  readonly #random: SeededRandom;
  #isClosed = false;

  constructor(
    path: string,
    content: FaultyContent,
    isReadOnly: boolean,
    plan: FaultPlan,
    random: SeededRandom,
  ) {
    this.path = path;
    this.#content = content;
    this.#isReadOnly = isReadOnly;
    this.#plan = plan;
    this.#random = random;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await someTurns(this.#random);
    return this.readSync(into, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await someTurns(this.#random);
    this.writeSync(bytes, position);
  }

  async size(): Promise<number> {
    return this.sizeSync();
  }

  async truncate(size: number): Promise<void> {
    await someTurns(this.#random);
    this.truncateSync(size);
  }

  async allocate(size: number): Promise<void> {
    for (let at = this.sizeSync(); at < size; at += ZEROS.length) {
      await this.write(ZEROS.subarray(0, Math.min(ZEROS.length, size - at)), at);
    }
  }

  async sync(): Promise<void> {
    await someTurns(this.#random);
    this.syncSync();
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  readSync(into: Uint8Array, position: number): number {
    this.#check("read", position);
    const fault = this.#plan.next("read", this.path);
    if (fault !== undefined) throw plannedError(fault, this.path, "read");
    return this.#content.read(into, position);
  }

  writeSync(bytes: Uint8Array, position: number): void {
    this.#check("write", position);
    const fault = this.#plan.next("write", this.path);
    if (fault === undefined) {
      this.#content.write(bytes, position, this.#random);
      return;
    }
    // A failed write has often written a part; once the power is off nothing moves any more.
    let written = fault === "HALTED" ? 0 : this.#random.nextInt(0, bytes.length);
    if (this.#isInOneSector(bytes.length, position)) written = written * 2 > bytes.length ? bytes.length : 0;
    this.#content.write(bytes.subarray(0, written), position, this.#random);
    throw plannedError(fault, this.path, "write");
  }

  /** Whether a write changes existing bytes of one sector only: the disk does that as a whole, or not at all. */
  #isInOneSector(byteLength: number, position: number): boolean {
    const end = position + byteLength;
    if (byteLength === 0 || end > this.#content.size) return false;
    return Math.floor(position / SECTOR_BYTES) === Math.floor((end - 1) / SECTOR_BYTES);
  }

  sizeSync(): number {
    this.#check("stat", 0);
    return this.#content.size;
  }

  truncateSync(size: number): void {
    this.#check("truncate", size);
    const fault = this.#plan.next("truncate", this.path);
    if (fault !== undefined) throw plannedError(fault, this.path, "truncate");
    this.#content.truncate(size);
  }

  syncSync(): void {
    this.#check("sync", 0);
    const fault = this.#plan.next("sync", this.path);
    if (fault === undefined) {
      this.#content.sync();
      return;
    }
    if (fault !== "HALTING" && fault !== "HALTED") this.#content.failSync(this.#random);
    throw plannedError(fault, this.path, "sync");
  }

  closeSync(): void {
    this.#isClosed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(call: FaultyCall, position: number): void {
    if (this.#isClosed) throw new ClosedError("FILES_FILE_CLOSED", this.path);
    checkInteger("files", "position", position, 0, Number.MAX_SAFE_INTEGER);
    const isChange = call === "write" || call === "truncate";
    if (isChange && this.#isReadOnly)
      throw fileError("FILES_NO_PERMISSION", this.path, call, 'opened with "r"');
  }
}
