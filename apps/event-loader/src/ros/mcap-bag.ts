import { CorruptDataError, readU16, readU32, readU64 } from "@millrace/base";
import { decompressBytes, decompressLz4Frame } from "@millrace/compress";
import { type ByteSource, readSourceFull } from "@millrace/files";
import { type Bag, type BagTopic, plainType } from "./bag.ts";

const MAGIC_BYTES = 8;
const HEAD_BYTES = 9;
/** Larger records than this are of no camera; a file that claims them is damaged. */
const MAX_RECORD_BYTES = 2 ** 28;
/** Length of the footer: where the summary begins, where its offsets do, and a CRC. */
const FOOTER_BYTES = 20;
const OP = { footer: 2, schema: 3, channel: 4, message: 5, chunk: 6, dataEnd: 15 } as const;
const TEXT = new TextDecoder();

interface Channel extends BagTopic {
  readonly id: number;
}

/** A record: its kind and its bytes. */
interface McapRecord {
  readonly op: number;
  readonly bytes: Uint8Array;
}

/**
 * Opens an MCAP file (version 0 of its specification), with chunks that are plain, LZ4 or zstd. Its topics are those of
 * the summary at its end. A file without one, whose writer was killed, is looked through, and reads as far as it goes.
 * @throws CorruptDataError `EVENTS_BAG_CORRUPT`
 */
export async function openMcapBag(source: ByteSource): Promise<Bag> {
  const bag = new McapBag(source);
  const channels = new Map<string, Channel>();
  for await (const channel of bag.channels()) channels.set(channel.name, channel);
  const ids = new Map([...channels.values()].map(({ name, id }) => [name, id]));
  return {
    kind: "MCAP",
    topics: [...channels.values()],
    messages: (topic) => bag.messages(ids.get(topic.name) ?? -1),
    close: async () => {},
  };
}

class McapBag {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async *channels(): AsyncGenerator<Channel> {
    const types = new Map<number, string>();
    // Without a summary all records are looked at: topics stand before their first message, wherever that is.
    for await (const { op, bytes } of this.#records(await this.#summaryStart())) {
      if (op === OP.schema) types.set(this.#u16(bytes, 0), this.#text(bytes, 2).text);
      if (op !== OP.channel) continue;
      const topic = this.#text(bytes, 4);
      const { text: encoding } = this.#text(bytes, topic.end);
      if (encoding !== "cdr" && encoding !== "ros1") continue;
      const type = plainType(types.get(this.#u16(bytes, 2)) ?? "");
      yield { id: this.#u16(bytes, 0), name: topic.text, type, encoding };
    }
  }

  async *messages(channel: number): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const { op, bytes } of this.#records()) {
      if (op === OP.message && this.#u16(bytes, 0) === channel) yield bytes.subarray(22);
    }
  }

  /** Where the summary with all schemas and channels begins, or the first record of a file that has none. */
  async #summaryStart(): Promise<number> {
    const { size } = this.#source;
    const footerAt = size - MAGIC_BYTES - FOOTER_BYTES - HEAD_BYTES;
    if (footerAt < MAGIC_BYTES) return MAGIC_BYTES;
    const tail = new Uint8Array(size - footerAt);
    await readSourceFull(this.#source, tail, footerAt);
    const isWhole = tail[0] === OP.footer && readU64(tail, 1) === FOOTER_BYTES;
    const start = isWhole ? readU64(tail, HEAD_BYTES) : 0;
    return start > MAGIC_BYTES && start < footerAt ? start : MAGIC_BYTES;
  }

  /** Schemas, channels and messages from a position on, those inside of chunks too. */
  async *#records(start = MAGIC_BYTES): AsyncGenerator<McapRecord, void, undefined> {
    const head = new Uint8Array(HEAD_BYTES);
    for (let at = start; at + HEAD_BYTES <= this.#source.size; ) {
      await readSourceFull(this.#source, head, at);
      const op = head[0]!;
      const length = readU64(head, 1);
      at += HEAD_BYTES;
      if (op === OP.dataEnd || op === OP.footer) return;
      if (length > MAX_RECORD_BYTES) throw this.#corrupt(at, `a record has ${length} bytes`);
      // A file that its writer left unfinished ends somewhere.
      if (at + length > this.#source.size) return;
      if (op === OP.schema || op === OP.channel || op === OP.message || op === OP.chunk) {
        const bytes = new Uint8Array(length);
        await readSourceFull(this.#source, bytes, at);
        if (op === OP.chunk) yield* this.#chunkRecords(await this.#open(bytes, at), at);
        else yield { op, bytes };
      }
      at += length;
    }
  }

  /** Start and end time, size, CRC, compression, then the records. */
  async #open(bytes: Uint8Array, at: number): Promise<Uint8Array> {
    if (bytes.length < 40) throw this.#corrupt(at, "a chunk ends inside its head");
    const size = readU64(bytes, 16);
    const { text: compression, end } = this.#text(bytes, 28);
    const records = bytes.subarray(end + 8);
    if (size > MAX_RECORD_BYTES) throw this.#corrupt(at, `a chunk has ${size} bytes`);
    if (compression === "") return records;
    if (compression === "lz4") return decompressLz4Frame(records, size);
    if (compression === "zstd") return decompressBytes(records, "zstd", size);
    throw this.#corrupt(at, `a chunk is compressed by "${compression}"; lz4 and zstd are supported`);
  }

  *#chunkRecords(chunk: Uint8Array, position: number): Generator<McapRecord> {
    for (let at = 0; at < chunk.length; ) {
      if (at + HEAD_BYTES > chunk.length) throw this.#corrupt(position, "a chunk ends inside a record");
      const op = chunk[at]!;
      const length = readU64(chunk, at + 1);
      at += HEAD_BYTES;
      if (length > chunk.length - at) throw this.#corrupt(position, "a chunk ends inside a record");
      yield { op, bytes: chunk.subarray(at, at + length) };
      at += length;
    }
  }

  #u16(bytes: Uint8Array, at: number): number {
    if (at + 2 > bytes.length) throw this.#corrupt(at, "a record is too short");
    return readU16(bytes, at);
  }

  #text(bytes: Uint8Array, at: number): { readonly text: string; readonly end: number } {
    const length = at + 4 > bytes.length ? Number.POSITIVE_INFINITY : readU32(bytes, at);
    const end = at + 4 + length;
    if (end > bytes.length) throw this.#corrupt(at, "a text goes beyond its record");
    return { text: TEXT.decode(bytes.subarray(at + 4, end)), end };
  }

  #corrupt(at: number, problem: string): CorruptDataError {
    return new CorruptDataError(
      "EVENTS_BAG_CORRUPT",
      this.#source.name,
      at,
      `${problem}; the file is damaged, get it again`,
    );
  }
}
