import type { BufferPool } from "@millrace/buffers";
import { ROWS_PER_CHUNK } from "@millrace/stream";

/** How events that are made, not read, come. */
export interface MadeEventsOptions {
  /** For what is random: the same seed gives the same events everywhere. @default 1 */
  readonly seed?: number;
  /** Rows of a chunk, 32 to 16,777,216. @default 65,536 */
  readonly rowsPerChunk?: number;
  /** Where the chunks' memory comes from. @default a pool of its own */
  readonly pool?: BufferPool | undefined;
}

/** What {@link MadeEventsOptions} are when they are not given. */
export const DEFAULT_MADE_EVENTS_OPTIONS: Required<MadeEventsOptions> = Object.freeze({
  seed: 1,
  rowsPerChunk: ROWS_PER_CHUNK,
  pool: undefined,
});
