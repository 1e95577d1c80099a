import { CorruptDataError, MillraceError, readU32, readU64 } from "@millrace/base";
import { decompressLz4Frame } from "@millrace/compress";
import { type ByteSource, readSourceFull } from "@millrace/files";
import { type Bag, type BagTopic, plainType } from "./bag.ts";

const MAGIC = "#ROSBAG V2.0\n";
const MAX_RECORD_BYTES = 2 ** 28;
const OP = { message: 2, header: 3, chunk: 5, connection: 7 } as const;
const TEXT = new TextDecoder();

interface BagRecord {
  readonly op: number;
  readonly fields: ReadonlyMap<string, Uint8Array>;
  readonly data: Uint8Array;
}

/**
 * Opens a ROS 1 bag, format 2.0, with chunks that are plain or LZ4.
 * @throws CorruptDataError `EVENTS_BAG_CORRUPT`
 * @throws MillraceError `EVENTS_FORMAT_UNSUPPORTED` for chunks compressed by bzip2
 */
export async function openRos1Bag(source: ByteSource): Promise<Bag> {
  const records = new Ros1Records(source);
  const topics = new Map<string, BagTopic>();
  const connections = new Map<number, string>();
  // A bag that was closed lists its connections behind its chunks.
  for await (const { op, fields, data } of records.all(await records.indexStart())) {
    if (op !== OP.connection) continue;
    const topic = records.text(fields, "topic");
    const type = records.text(records.fields(data, 0, data.length), "type");
    connections.set(records.u32(fields, "conn"), topic);
    topics.set(topic, { name: topic, type: plainType(type), encoding: "ros1" });
  }
  return {
    kind: "ROS 1 bag",
    topics: [...topics.values()],
    async *messages(topic) {
      for await (const { op, fields, data } of records.all()) {
        if (op === OP.message && connections.get(records.u32(fields, "conn")) === topic.name) yield data;
      }
    },
    close: async () => {},
  };
}

class Ros1Records {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Where the index begins, or the first record of a bag that has none. */
  async indexStart(): Promise<number> {
    const { size } = this.#source;
    if (size < MAGIC.length + 8) return MAGIC.length;
    const headerBytes = await this.#length(MAGIC.length);
    if (MAGIC.length + 4 + headerBytes > size) return MAGIC.length;
    const fields = this.fields(await this.#read(MAGIC.length + 4, headerBytes), 0, headerBytes);
    const position = fields.get("index_pos");
    if (this.#op(fields) !== OP.header || position?.length !== 8) return MAGIC.length;
    const start = readU64(position, 0);
    return start > MAGIC.length && start < size ? start : MAGIC.length;
  }

  /** Connections and messages from a position on, those inside of chunks too. */
  async *all(start = MAGIC.length): AsyncGenerator<BagRecord, void, undefined> {
    for (let at = start; at + 8 <= this.#source.size; ) {
      const headerBytes = await this.#length(at);
      const dataAt = at + 4 + headerBytes;
      if (dataAt + 4 > this.#source.size) return;
      const fields = this.fields(await this.#read(at + 4, headerBytes), 0, headerBytes);
      const dataBytes = await this.#length(dataAt);
      const end = dataAt + 4 + dataBytes;
      // A bag that was not closed ends somewhere.
      if (end > this.#source.size) return;
      const op = this.#op(fields);
      if (op === OP.chunk)
        yield* this.#inside(this.#open(fields, await this.#read(dataAt + 4, dataBytes)), at);
      else if (op === OP.connection || op === OP.message) {
        yield { op, fields, data: await this.#read(dataAt + 4, dataBytes) };
      }
      at = end;
    }
  }

  /** `name=value` with a length of 32 bits before each. */
  fields(bytes: Uint8Array, start: number, end: number): Map<string, Uint8Array> {
    const fields = new Map<string, Uint8Array>();
    for (let at = start; at < end; ) {
      const length = at + 4 > end ? Number.POSITIVE_INFINITY : readU32(bytes, at);
      const stop = at + 4 + length;
      const equals = bytes.indexOf(0x3d, at + 4);
      if (stop > end || equals < 0 || equals >= stop) throw this.corrupt(at, "a header cannot be read");
      fields.set(TEXT.decode(bytes.subarray(at + 4, equals)), bytes.subarray(equals + 1, stop));
      at = stop;
    }
    return fields;
  }

  text(fields: ReadonlyMap<string, Uint8Array>, name: string): string {
    return TEXT.decode(this.#field(fields, name, 0));
  }

  u32(fields: ReadonlyMap<string, Uint8Array>, name: string): number {
    return readU32(this.#field(fields, name, 4), 0);
  }

  corrupt(at: number, problem: string): CorruptDataError {
    return new CorruptDataError(
      "EVENTS_BAG_CORRUPT",
      this.#source.name,
      at,
      `${problem}; the bag is damaged`,
    );
  }

  #op(fields: ReadonlyMap<string, Uint8Array>): number {
    return this.#field(fields, "op", 1)[0]!;
  }

  #field(fields: ReadonlyMap<string, Uint8Array>, name: string, byteLength: number): Uint8Array {
    const value = fields.get(name);
    if (value === undefined || value.length < byteLength) throw this.corrupt(0, `a record has no ${name}`);
    return value;
  }

  #open(fields: ReadonlyMap<string, Uint8Array>, data: Uint8Array): Uint8Array {
    const compression = this.text(fields, "compression");
    if (compression === "none") return data;
    const size = this.u32(fields, "size");
    if (size > MAX_RECORD_BYTES) throw this.corrupt(0, `a chunk has ${size} bytes`);
    if (compression === "lz4") return decompressLz4Frame(data, size);
    throw new MillraceError(
      "EVENTS_FORMAT_UNSUPPORTED",
      `${this.#source.name}: the chunks of this bag are compressed by ${compression}; run "rosbag decompress" on it, or compress it by lz4`,
    );
  }

  *#inside(chunk: Uint8Array, position: number): Generator<BagRecord> {
    for (let at = 0; at + 8 <= chunk.length; ) {
      const headerEnd = at + 4 + readU32(chunk, at);
      if (headerEnd + 4 > chunk.length) throw this.corrupt(position, "a chunk ends inside a record");
      const end = headerEnd + 4 + readU32(chunk, headerEnd);
      if (end > chunk.length) throw this.corrupt(position, "a chunk ends inside a record");
      const fields = this.fields(chunk, at + 4, headerEnd);
      yield { op: this.#op(fields), fields, data: chunk.subarray(headerEnd + 4, end) };
      at = end;
    }
  }

  async #length(at: number): Promise<number> {
    const length = readU32(await this.#read(at, 4), 0);
    if (length <= MAX_RECORD_BYTES) return length;
    throw this.corrupt(at, `a record has ${length} bytes`);
  }

  async #read(at: number, byteLength: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.min(byteLength, this.#source.size - at));
    await readSourceFull(this.#source, bytes, at);
    return bytes;
  }
}
