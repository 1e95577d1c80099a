import { FileSink, SinkFile, type SinkResult } from "@millrace/columnar";
import { defaultVfs, type Vfs } from "@millrace/files";
import type { ColumnChunk } from "@millrace/stream";
import { EVENT_SCHEMA, type EventChunk } from "../event-rows.ts";
import type { EventEncoder } from "./event-encoder.ts";

/** Writes events in the format of an encoder; the file appears whole or not at all. */
export class EncoderSink extends FileSink {
  /** Every chunk is in the file when `write` returns. */
  override readonly bufferedBytes = 0;
  readonly #encoder: EventEncoder;
  #isStarted = false;

  private constructor(file: SinkFile, encoder: EventEncoder) {
    super(file);
    this.#encoder = encoder;
  }

  /** @throws IoError when the directory cannot be written to */
  static async create(path: string, encoder: EventEncoder, vfs: Vfs = defaultVfs): Promise<EncoderSink> {
    return new EncoderSink(await SinkFile.create(vfs, path, EVENT_SCHEMA), encoder);
  }

  /** @throws InvalidArgumentError for an event that the format cannot hold */
  override async write(chunk: ColumnChunk): Promise<void> {
    this.file.admit(chunk);
    await this.#start();
    // `admit` has seen to it that these are the columns of events.
    await this.file.write(this.#encoder.encode(chunk as EventChunk));
  }

  override async finish(): Promise<SinkResult> {
    this.file.checkOpen();
    await this.#start();
    const last = this.#encoder.finish?.();
    if (last !== undefined) {
      await this.file.write(last.end);
      if (last.header !== undefined) await this.file.rewriteHeader(last.header);
    }
    return this.file.commit();
  }

  async #start(): Promise<void> {
    if (this.#isStarted) return;
    this.#isStarted = true;
    await this.file.write(this.#encoder.header());
  }
}
