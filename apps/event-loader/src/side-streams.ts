import type { BufferPool } from "@millrace/buffers";
import type { ColumnChunk } from "@millrace/stream";

/** A picture that a camera took beside its events. */
export interface CameraFrame {
  /** The frame's own time, and the first and last moment of its exposure, in µs; all the same where only one is known. */
  readonly t: number;
  readonly startT: number;
  readonly endT: number;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colours, 4 colours with opacity; the order of the colours is red, green, blue. */
  readonly channels: number;
  /** height × width × channels values, row by row; valid for as long as they are held. */
  readonly pixels: Uint8Array | Uint16Array;
}

/** The columns of inertial samples: time in µs, acceleration in g, rotation in °/s, temperature in °C. */
export type ImuSchema = readonly [
  { readonly name: "t"; readonly kind: "int64" },
  { readonly name: "ax"; readonly kind: "float32" },
  { readonly name: "ay"; readonly kind: "float32" },
  { readonly name: "az"; readonly kind: "float32" },
  { readonly name: "gx"; readonly kind: "float32" },
  { readonly name: "gy"; readonly kind: "float32" },
  { readonly name: "gz"; readonly kind: "float32" },
  { readonly name: "temperature"; readonly kind: "float32" },
];

/** The schema of every chunk of inertial samples. */
export const IMU_SCHEMA: ImuSchema = Object.freeze([
  { name: "t", kind: "int64" },
  { name: "ax", kind: "float32" },
  { name: "ay", kind: "float32" },
  { name: "az", kind: "float32" },
  { name: "gx", kind: "float32" },
  { name: "gy", kind: "float32" },
  { name: "gz", kind: "float32" },
  { name: "temperature", kind: "float32" },
] as const);

/** Inertial samples as columns, in the order of the recording; NaN where a camera does not measure it. */
export type ImuChunk = ColumnChunk<ImuSchema>;

/** How a side stream is read. */
export interface SideStreamOptions {
  /** Where the chunks' memory comes from. */
  readonly pool: BufferPool;
  /** Most rows of a chunk. */
  readonly rowsPerChunk: number;
  readonly signal: AbortSignal | undefined;
}

/** What a format has beside events; each call is a pass of its own over the file. */
export interface SideStreams {
  /** Absent in a format without frames. */
  openFrames?(options: SideStreamOptions): AsyncIterable<CameraFrame>;
  /** Absent in a format without inertial samples. */
  openImu?(options: SideStreamOptions): AsyncIterable<ImuChunk>;
}
