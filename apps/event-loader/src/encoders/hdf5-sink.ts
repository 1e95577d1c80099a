import { ClosedError, MillraceError } from "@millrace/base";
import type { ColumnSink, SinkResult } from "@millrace/columnar";
import { atomicPath, defaultVfs, type Vfs } from "@millrace/files";
import type { Hdf5Writer } from "@millrace/hdf5";
import type { ColumnChunk } from "@millrace/stream";
import { EVENT_SCHEMA, type EventChunk, type EventSchema } from "../event-rows.ts";

/** What writes the events of one layout into an HDF5 file. */
export interface Hdf5EventLayout {
  /** @throws InvalidArgumentError for an event that the layout cannot hold; nothing of the chunk is written then */
  append(chunk: EventChunk): Promise<void>;
  /** Writes what is known only at the end. */
  finish(): Promise<void>;
}

/** Writes events into an HDF5 file of one of the layouts; the file appears whole or not at all. */
export class Hdf5EventSink implements ColumnSink {
  readonly path: string;
  readonly schema: EventSchema = EVENT_SCHEMA;
  /** The chunks of a file's datasets wait in the writer, which bounds them. */
  readonly bufferedBytes = 0;
  readonly #writer: Hdf5Writer;
  readonly #layout: Hdf5EventLayout;
  /** Ends the making of the file: with an error, nothing of it is left. */
  readonly #ended: PromiseWithResolvers<void>;
  /** Settles when the file has its name, or is gone. */
  readonly #made: Promise<void>;
  #rows = 0;
  #isDone = false;

  private constructor(
    path: string,
    writer: Hdf5Writer,
    layout: Hdf5EventLayout,
    ended: PromiseWithResolvers<void>,
    made: Promise<void>,
  ) {
    this.path = path;
    this.#writer = writer;
    this.#layout = layout;
    this.#ended = ended;
    this.#made = made;
  }

  /**
   * @param openLayout - makes groups and datasets of the new file
   * @throws IoError when the directory cannot be written to
   * @throws MillraceError `EVENTS_OUTPUT_UNAVAILABLE` in a browser
   */
  static async create(
    path: string,
    openLayout: (writer: Hdf5Writer) => Hdf5EventLayout,
    vfs: Vfs = defaultVfs,
  ): Promise<Hdf5EventSink> {
    const { create } = await loadWriter(path);
    const opened = Promise.withResolvers<Hdf5Writer>();
    const ended = Promise.withResolvers<void>();
    const made = atomicPath(vfs, path, async (temporary) => {
      // It gets its name when it is whole: there is nothing to keep of a part.
      const writer = await create(vfs, temporary, { checkpointBytes: 0 });
      opened.resolve(writer);
      try {
        await ended.promise;
      } finally {
        await writer.close();
      }
    });
    made.catch(opened.reject);
    const writer = await opened.promise;
    const sink = (layout: Hdf5EventLayout): Hdf5EventSink =>
      new Hdf5EventSink(path, writer, layout, ended, made);
    try {
      return sink(openLayout(writer));
    } catch (error) {
      ended.reject(error);
      await made.catch(() => {});
      throw error;
    }
  }

  async write(chunk: ColumnChunk): Promise<void> {
    this.#checkOpen();
    await this.#guard(() => this.#layout.append(chunk as EventChunk));
    this.#rows += chunk.rowCount;
  }

  async finish(): Promise<SinkResult> {
    this.#checkOpen();
    await this.#guard(async () => {
      await this.#layout.finish();
      await this.#writer.close();
    });
    this.#isDone = true;
    const { bytes } = this.#writer.stats();
    this.#ended.resolve();
    await this.#made;
    return { rows: this.#rows, bytes };
  }

  async abort(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#ended.reject(new ClosedError("EVENTS_SINK_CLOSED", this.path));
    await this.#made.catch(() => {});
  }

  close(): Promise<void> {
    return this.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  /** An error ends the file; it is thrown as one of the path that the caller knows. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#isDone = true;
      this.#ended.reject(error);
      await this.#made;
    }
  }

  #checkOpen(): void {
    if (this.#isDone) throw new ClosedError("EVENTS_SINK_CLOSED", this.path);
  }
}

/** HDF5's writer, which its entry for browsers does not have; looked up, so that no bundler asks for it there. */
async function loadWriter(path: string): Promise<{ readonly create: typeof Hdf5Writer.create }> {
  const { Hdf5Writer: Writer }: Partial<typeof import("@millrace/hdf5")> = await import("@millrace/hdf5");
  if (Writer !== undefined) return { create: (vfs, name, options) => Writer.create(vfs, name, options) };
  throw new MillraceError(
    "EVENTS_OUTPUT_UNAVAILABLE",
    `${path}: HDF5 is not written in a browser; write Arrow, Parquet or NPZ there`,
  );
}
