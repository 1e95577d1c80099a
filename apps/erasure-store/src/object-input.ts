import {
  type ByteSource,
  type ByteStream,
  fileSource,
  readChunks,
  readSourceFull,
  StreamReader,
  type Vfs,
} from "@millrace/files";
import { chooseMode } from "@millrace/stream";
import type { ObjectDigest } from "./object-digest.ts";
import type { ForwardReader } from "./segments.ts";
import type { StoreMetrics } from "./store-metrics.ts";

/** How the bytes of a put are read. */
export interface InputOptions {
  readonly signal: AbortSignal | undefined;
  /** Files up to this size are read whole, where the memory that is free allows. */
  readonly thresholdBytes: number;
  /** Is given all bytes; undefined where no digest is wanted. */
  readonly digest: ObjectDigest | undefined;
  /** Told of the time that reading and hashing take. */
  readonly metrics: StoreMetrics;
}

/** The bytes of a put, in order, of a file or a stream; counts them. */
export class ObjectInput implements ForwardReader, AsyncDisposable {
  /** Size in bytes; undefined for a stream. */
  readonly expectedBytes: number | undefined;
  readonly #reader: StreamReader;
  readonly #source: ByteSource | undefined;
  readonly #digest: ObjectDigest | undefined;
  readonly #metrics: StoreMetrics;
  #bytes = 0;

  private constructor(
    reader: StreamReader,
    source: ByteSource | undefined,
    { digest, metrics }: InputOptions,
  ) {
    this.#metrics = metrics;
    this.#reader = reader;
    this.#source = source;
    this.expectedBytes = source?.size;
    this.#digest = digest;
  }

  /** @throws IoError when there is no such file, or it is a directory */
  static async open(vfs: Vfs, input: string | ByteStream, options: InputOptions): Promise<ObjectInput> {
    const { signal, thresholdBytes } = options;
    if (typeof input !== "string") {
      return new ObjectInput(new StreamReader(input, "the input stream"), undefined, options);
    }
    const source = await fileSource(vfs, input);
    try {
      if (chooseMode({ sizeBytes: source.size, thresholdBytes }) === "stream") {
        return new ObjectInput(new StreamReader(readChunks(source, { signal }), input), source, options);
      }
      const whole = new Uint8Array(source.size);
      await readSourceFull(source, whole, 0);
      return new ObjectInput(new StreamReader([whole], input), source, options);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async read(into: Uint8Array): Promise<number> {
    const startMs = performance.now();
    const count = await this.#reader.read(into);
    const readMs = performance.now();
    this.#metrics.addStage("read", readMs - startMs);
    this.#bytes += count;
    if (this.#digest === undefined) return count;
    this.#digest.update(into.subarray(0, count));
    this.#metrics.addStage("hash", performance.now() - readMs);
    return count;
  }

  /** The digest of what was read, hexadecimal; null when none was wanted. Once, at the end. */
  digestHex(): string | null {
    return this.#digest?.hex() ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close();
    await this.#source?.close();
  }
}
