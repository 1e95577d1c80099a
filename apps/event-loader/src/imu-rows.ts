import { allocateChunk } from "@millrace/stream";
import { IMU_SCHEMA, type ImuChunk, type SideStreamOptions } from "./side-streams.ts";

/** The seven numbers of an inertial sample, in the order of the columns. */
export type ImuValues = readonly [
  ax: number,
  ay: number,
  az: number,
  gx: number,
  gy: number,
  gz: number,
  temperature: number,
];

/** One inertial sample; its time is whole. */
export interface ImuSample {
  readonly timeUs: number;
  readonly values: ImuValues;
}

/** Gathers inertial samples into chunks. They are few beside events: some thousand a second. */
class ImuRows {
  readonly #options: SideStreamOptions;
  #chunk: ImuChunk | undefined;

  constructor(options: SideStreamOptions) {
    this.#options = options;
  }

  /** Adds a sample. @param timeUs - whole @returns the chunk, when it is full now: the caller's to pass on */
  add(timeUs: number, values: ImuValues): ImuChunk | undefined {
    this.#chunk ??= allocateChunk(IMU_SCHEMA, this.#options.rowsPerChunk, this.#options.pool);
    const chunk = this.#chunk;
    const { t, ax, ay, az, gx, gy, gz, temperature } = chunk.columns;
    const row = chunk.rowCount;
    t[row] = BigInt(timeUs);
    for (const [i, column] of [ax, ay, az, gx, gy, gz, temperature].entries()) column[row] = values[i]!;
    chunk.rowCount = row + 1;
    return row + 1 < chunk.rowCapacity ? undefined : this.take();
  }

  /** What has gathered, if anything has; the caller's to pass on. */
  take(): ImuChunk | undefined {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    return chunk;
  }

  /** Gives the memory back: nobody asks for more. */
  close(): void {
    this.take()?.release();
  }
}

/** Chunks of samples, as they come. */
export async function* imuChunks(
  samples: AsyncIterable<ImuSample>,
  options: SideStreamOptions,
): AsyncGenerator<ImuChunk, void, undefined> {
  const rows = new ImuRows(options);
  try {
    for await (const { timeUs, values } of samples) {
      const full = rows.add(timeUs, values);
      if (full !== undefined) yield full;
    }
    const rest = rows.take();
    if (rest !== undefined) yield rest;
  } finally {
    rows.close();
  }
}
