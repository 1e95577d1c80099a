import { checkInteger } from "@millrace/base";

/** The part of the available memory that one set of batches in flight may take. */
const MEMORY_PART = 0.25;
const LEAST_ROWS = 100_000;
const MOST_ROWS = 10_000_000;

/** What {@link adaptiveRowsPerBatch} goes by. */
export interface BatchSizeInputs {
  /** Memory that may be taken; see `availableMemoryBytes`. */
  readonly availableBytes: number;
  /** Bytes of one row in memory; see `bytesPerRow`. */
  readonly bytesPerRow: number;
  /** Batches that exist at once: the one being filled, those queued, the one being consumed. */
  readonly chunksInFlight: number;
}

/**
 * Rows of one delivered batch: a quarter of the available memory, shared by the batches in flight.
 *
 * From 100,000 rows, below which the cost of each batch shows, to 10,000,000. The lower bound holds even where memory
 * is so short that it takes more than a quarter.
 *
 * @throws InvalidArgumentError for inputs that are no positive integers (0 bytes may be available)
 * @example
 * adaptiveRowsPerBatch({ availableBytes: 2 ** 30, bytesPerRow: 16, chunksInFlight: 4 }); // 4_194_304
 */
export function adaptiveRowsPerBatch(inputs: BatchSizeInputs): number {
  const max = Number.MAX_SAFE_INTEGER;
  const availableBytes = checkInteger("stream", "availableBytes", inputs.availableBytes, 0, max);
  const bytesPerRow = checkInteger("stream", "bytesPerRow", inputs.bytesPerRow, 1, max);
  const chunksInFlight = checkInteger("stream", "chunksInFlight", inputs.chunksInFlight, 1, max);
  const rows = Math.floor((availableBytes * MEMORY_PART) / chunksInFlight / bytesPerRow);
  return Math.min(MOST_ROWS, Math.max(LEAST_ROWS, rows));
}
