import { ClosedError, InvalidArgumentError } from "@millrace/base";
import type { ColumnSink, SinkResult } from "@millrace/columnar";
import type { ColumnChunk } from "@millrace/stream";
import { EVENT_SCHEMA, type EventChunk, type EventSchema } from "../event-rows.ts";
import type { EventEncoder } from "./event-encoder.ts";

/** Where bytes go one after the other; resolves when there is room for more. */
export interface ByteOutput {
  send(bytes: Uint8Array): Promise<void>;
}

/** Formats whose first bytes are known only at their end. */
const NOT_IN_ORDER = ["NPY"];

/** Writes events in the format of an encoder to what takes bytes in order, such as stdout. What was sent stays sent. */
export class StreamSink implements ColumnSink {
  readonly path: string;
  readonly schema: EventSchema = EVENT_SCHEMA;
  readonly bufferedBytes = 0;
  readonly #output: ByteOutput;
  readonly #encoder: EventEncoder;
  #rows = 0;
  #bytes = 0;
  #isStarted = false;
  #isDone = false;

  /**
   * @param name - for messages
   * @throws InvalidArgumentError `EVENTS_OUTPUT_UNKNOWN` for a format that cannot be written in order
   */
  constructor(name: string, output: ByteOutput, format: string, encoder: EventEncoder) {
    if (NOT_IN_ORDER.includes(format)) {
      const expected = "a format for a stream, whose header does not tell how many events follow";
      throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", `output format for ${name}`, format, expected);
    }
    this.path = name;
    this.#output = output;
    this.#encoder = encoder;
  }

  /** @throws InvalidArgumentError for an event that the format cannot hold @throws IoError when nobody reads any more */
  async write(chunk: ColumnChunk): Promise<void> {
    await this.#start();
    // The sinks of events are given chunks of events only.
    await this.#send(this.#encoder.encode(chunk as EventChunk));
    this.#rows += chunk.rowCount;
  }

  async finish(): Promise<SinkResult> {
    await this.#start();
    const last = this.#encoder.finish?.();
    // An end that only a header points to, as AEDAT 4's table, can be done without.
    if (last !== undefined && last.header === undefined) await this.#send(last.end);
    this.#isDone = true;
    return { rows: this.#rows, bytes: this.#bytes };
  }

  abort(): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    this.#isDone = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    if (this.#isDone) throw new ClosedError("EVENTS_SINK_CLOSED", `the sink for ${this.path}`);
    if (this.#isStarted) return;
    this.#isStarted = true;
    await this.#send(this.#encoder.header());
  }

  /** A copy: an encoder may use its memory again before the reader has it. */
  async #send(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    if (bytes.length > 0) await this.#output.send(bytes.slice());
  }
}
