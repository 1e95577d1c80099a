import { FileSink, SinkFile, type SinkResult } from "@millrace/columnar";
import { defaultVfs, type Vfs } from "@millrace/files";
import type { ColumnChunk } from "@millrace/stream";
import { EVENT_SCHEMA, type EventChunk } from "./event-rows.ts";
import { Evt3Encoder, type Evt3EncoderOptions } from "./evt3-encoder.ts";

/** Writes events, sorted by time, as an EVT 3.0 RAW file. */
export class Evt3FileSink extends FileSink {
  /** Every chunk is in the file when `write` returns. */
  override readonly bufferedBytes = 0;
  readonly #encoder: Evt3Encoder;
  #isStarted = false;

  private constructor(file: SinkFile, encoder: Evt3Encoder) {
    super(file);
    this.#encoder = encoder;
  }

  /** @throws InvalidArgumentError for a bad option @throws IoError when the directory cannot be written to */
  static async create(
    path: string,
    options: Evt3EncoderOptions,
    vfs: Vfs = defaultVfs,
  ): Promise<Evt3FileSink> {
    const encoder = new Evt3Encoder(options);
    return new Evt3FileSink(await SinkFile.create(vfs, path, EVENT_SCHEMA), encoder);
  }

  /** @throws InvalidArgumentError as {@link Evt3Encoder.encode} */
  override async write(chunk: ColumnChunk): Promise<void> {
    this.file.admit(chunk);
    await this.#start();
    // `admit` has seen to it that these are the columns of events.
    await this.file.write(this.#encoder.encode(chunk as EventChunk));
  }

  override async finish(): Promise<SinkResult> {
    this.file.checkOpen();
    await this.#start();
    return this.file.commit();
  }

  async #start(): Promise<void> {
    if (this.#isStarted) return;
    this.#isStarted = true;
    await this.file.write(this.#encoder.header());
  }
}
