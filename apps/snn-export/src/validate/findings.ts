import { isMillraceError } from "@millrace/base";
import type { TreeColumn } from "../loader/run-tree.ts";

/** Something that is not as docs/formats/snn-experiment.md says. */
export interface Finding {
  /** Where: "/episodes/episode_0000/spikes/counts". */
  readonly path: string;
  readonly problem: string;
}

/** What a check works with: where findings go, and how rows are read. */
export interface Checking {
  find(path: string, problem: string): void;
  /** Told after each piece of a column that was read; awaited. */
  onBytes(bytes: number): Promise<void>;
}

/** Bytes that are read at a time. */
const PIECE_BYTES = 1024 * 1024;

/** Runs a check; what it throws of the file's damage is a finding like others. */
export async function attempt(
  checking: Checking,
  path: string,
  check: () => Promise<void> | void,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!isMillraceError(error) || error.code === "STREAM_WORK_ABORTED") throw error;
    // Values of a codec that is not at hand cannot be looked at; the rest of the field can.
    if (error.code === "SNN_CODEC_MISSING") return;
    checking.find(path, error.message);
  }
}

/** The rows of a column, some at a time: `[first row, one past the last]`. */
export async function* pieces(checking: Checking, column: TreeColumn): AsyncGenerator<[number, number]> {
  const rowBytes = 8 * (column.width ?? 1);
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  for (let start = 0; start < column.rows; start += pieceRows) {
    const stop = Math.min(start + pieceRows, column.rows);
    yield [start, stop];
    await checking.onBytes((stop - start) * rowBytes);
  }
}
