import { InvalidArgumentError } from "@millrace/base";
import { availableMemoryBytes } from "./available-memory.ts";

/** Inputs up to this size are taken into memory whole unless told otherwise: 100 MB. */
export const DEFAULT_MEMORY_THRESHOLD_BYTES = 100_000_000;

/** The part of the available memory that something taken whole may have: reading it makes copies. */
const MEMORY_PART = 0.25;

/** What {@link chooseMode} goes by. */
export interface ModeInputs {
  /** Size of the whole; undefined when nobody knows, as on a pipe. */
  readonly sizeBytes: number | undefined;
  /** What is larger is streamed. @default 100 MB */
  readonly thresholdBytes?: number | undefined;
  /** Memory that may be taken. @default availableMemoryBytes() */
  readonly availableBytes?: number | undefined;
}

/**
 * Whether to take something into memory whole or as a stream: by a threshold and by a quarter of the memory.
 * @throws InvalidArgumentError `STREAM_MODE_SIZE` for a size, a threshold or a memory below 0 or NaN
 * @example
 * chooseMode({ sizeBytes: undefined }); // "stream"
 */
export function chooseMode(inputs: ModeInputs): "memory" | "stream" {
  const { sizeBytes, thresholdBytes = DEFAULT_MEMORY_THRESHOLD_BYTES } = inputs;
  const availableBytes = inputs.availableBytes ?? availableMemoryBytes();
  for (const [name, value] of Object.entries({ sizeBytes, thresholdBytes, availableBytes })) {
    if (value !== undefined && !(value >= 0)) {
      throw new InvalidArgumentError("STREAM_MODE_SIZE", name, value, "a number of bytes from 0");
    }
  }
  if (sizeBytes === undefined) return "stream";
  return sizeBytes <= Math.min(thresholdBytes, availableBytes * MEMORY_PART) ? "memory" : "stream";
}
