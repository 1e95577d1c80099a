import type { BufferPool } from "@millrace/buffers";
import { defaultVfs, type Vfs } from "@millrace/files";
import { type ProgressReport, ROWS_PER_CHUNK } from "@millrace/stream";
import type { FormatName } from "./formats.ts";
import type { EventIndex } from "./index-file/event-index.ts";
import type { TextColumn, TimeUnit } from "./text-layout.ts";

/** Columns and rows of a sensor. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
}

/** How the formats of Prophesee are read; see {@link RecordingOptions.mode}. */
export type DecodeMode = "raw" | "sdk";

/** Every {@link DecodeMode}. */
export const DECODE_MODES: readonly DecodeMode[] = Object.freeze(["raw", "sdk"]);

/** How a recording is opened and read. */
export interface RecordingOptions {
  /** Where paths are looked up. @default the disk; a browser has none */
  readonly vfs?: Vfs;
  /** Where the chunks' memory comes from. @default a pool of the recording's own */
  readonly pool?: BufferPool | undefined;
  /** Most rows of a chunk, 32 to 16,777,216. @default 65,536 */
  readonly rowsPerChunk?: number;
  /** Bytes read at a time, 1 to 1 GiB. @default 1 MiB */
  readonly readBytes?: number;
  /** Fail on the first violation of the format instead of counting it. @default false */
  readonly isStrict?: boolean;
  /**
   * How EVT2, EVT2.1, EVT3 and EVT4 are read: "raw" gives every event with the camera's time, as the stand-alone
   * decoders do; "sdk" as the vendor's library does, which counts times from the first time-high word and, in EVT3,
   * leaves out rows and vectors outside the sensor and vectors that are not whole. @default "raw"
   */
  readonly mode?: DecodeMode;
  /**
   * Where events of a span of time are looked up: "auto" in the index file beside the recording, where there is one;
   * in none; or in an index that was made before. @default "auto"
   */
  readonly index?: EventIndex | "auto" | "none";
  /** The format, whatever the file looks like. @default found out from the content */
  readonly format?: FormatName | undefined;
  /** The sensor's size, whatever the file says. @default from the file */
  readonly geometry?: Geometry | undefined;
  /** The columns of a text file. @default found out from the content */
  readonly columns?: readonly TextColumn[] | undefined;
  /** The unit of the times in a text file. @default found out from the content */
  readonly timeUnit?: TimeUnit | undefined;
  /** The topic with the events, of a ROS bag that has several. @default the only one */
  readonly topic?: string | undefined;
  /** The number of the stream with the events, of an AEDAT 4 file that has several. @default the only one */
  readonly stream?: number | undefined;
  /** Ends the reading with an AbortedError. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Gets reports while chunks are read, at most ten a second. @default nobody */
  readonly onProgress?: ((report: ProgressReport) => void) | undefined;
}

/** What {@link RecordingOptions} are when they are not given. */
export const DEFAULT_RECORDING_OPTIONS: Required<RecordingOptions> = Object.freeze({
  vfs: defaultVfs,
  pool: undefined,
  rowsPerChunk: ROWS_PER_CHUNK,
  readBytes: 1024 * 1024,
  isStrict: false,
  mode: "raw",
  index: "auto",
  format: undefined,
  geometry: undefined,
  columns: undefined,
  timeUnit: undefined,
  topic: undefined,
  stream: undefined,
  signal: undefined,
  onProgress: undefined,
});
