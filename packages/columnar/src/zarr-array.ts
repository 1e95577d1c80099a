import { InvalidArgumentError } from "@millrace/base";
import { bytesPerElement, kindOf, type TypedArray, type TypedArrayOf, viewAs } from "@millrace/buffers";
import { arrayMetadata, type JsonValue } from "./internal/zarr-metadata.ts";
import { type ZarrContext, ZarrNode } from "./internal/zarr-node.ts";
import type { ZarrPlan } from "./internal/zarr-plan.ts";
import { encodeChunk, shardIndex } from "./internal/zarr-shard.ts";
import type { ZarrKind } from "./zarr-options.ts";

/** The typed array that holds values of a kind. */
export type ZarrValues<K extends ZarrKind> = TypedArrayOf<
  K extends "boolean" ? "uint8" : Exclude<K, "boolean">
>;

/** An array that grows by rows; made by `ZarrGroup.createDataset`. */
export class ZarrArray<K extends ZarrKind> extends ZarrNode {
  readonly kind: K;
  readonly #plan: ZarrPlan;
  readonly #elementsPerRow: number;
  /** One chunk. */
  readonly #buffer: TypedArray<ArrayBuffer>;
  #filled = 0;
  /** Full chunks, encoded, of the shard that is not full yet. */
  #chunks: Uint8Array[] = [];
  #fullShards = 0;
  /** Whether rows were appended that no file has. */
  #hasUnwritten = false;

  /** @internal */
  constructor(path: string, context: ZarrContext, kind: K, plan: ZarrPlan) {
    super(path, context);
    this.kind = kind;
    this.#plan = plan;
    this.#elementsPerRow = plan.rowShape.reduce((product, size) => product * size, 1);
    const elements = this.#elementsPerRow * plan.chunkRows;
    const buffer = new ArrayBuffer(elements * bytesPerElement(plan.storageKind));
    this.#buffer = viewAs(plan.storageKind, buffer, 0, elements);
  }

  /** Rows appended so far. */
  get rows(): number {
    const { shardChunks, chunkRows } = this.#plan;
    const chunks = this.#fullShards * shardChunks + this.#chunks.length;
    return chunks * chunkRows + this.#filled / this.#elementsPerRow;
  }

  /**
   * Appends whole rows, row-major; they are copied. Full chunks are compressed on this thread.
   * @throws InvalidArgumentError `ZARR_DATA_KIND`, `ZARR_DATA_LENGTH`, `ZARR_DATA_BOOLEAN`; nothing is appended then
   * @throws IoError `ZARR_WRITE_FAILED`
   * @throws ClosedError
   */
  appendSync(values: ZarrValues<K>): void {
    this.checkOpen();
    this.#check(values);
    for (let from = 0; from < values.length; ) {
      const end = Math.min(values.length, from + this.#buffer.length - this.#filled);
      // Both are of one kind, which the type of a union cannot say.
      (this.#buffer as Float64Array).set(values.subarray(from, end) as unknown as Float64Array, this.#filled);
      this.#filled += end - from;
      this.#hasUnwritten = true;
      from = end;
      if (this.#filled === this.#buffer.length) this.#finishChunk();
    }
    if (values.length > 0) this.context.changed.add(this);
    this.context.checkpointIfDue();
  }

  /** @internal */
  override writeData(): void {
    if (!this.#hasUnwritten) return;
    const chunks = [...this.#chunks];
    if (this.#filled > 0) {
      const bytes = new Uint8Array(this.#buffer.buffer);
      bytes.fill(0, this.#filled * this.#buffer.BYTES_PER_ELEMENT);
      chunks.push(encodeChunk(bytes, this.#plan));
    }
    this.#writeShard(chunks);
    this.#hasUnwritten = false;
  }

  protected override metadata(attributes: JsonValue): Uint8Array {
    return arrayMetadata(this.#plan, this.rows, attributes);
  }

  #finishChunk(): void {
    const chunk = encodeChunk(new Uint8Array(this.#buffer.buffer), this.#plan);
    this.context.countBytes(chunk.length);
    this.#chunks.push(chunk);
    this.#filled = 0;
    if (this.#chunks.length < this.#plan.shardChunks) return;
    this.#writeShard(this.#chunks);
    this.#chunks = [];
    this.#fullShards++;
    this.#hasUnwritten = false;
  }

  #writeShard(chunks: readonly Uint8Array[]): void {
    const { shardChunks, rowShape } = this.#plan;
    const parts = shardChunks === 1 ? chunks : [...chunks, shardIndex(chunks, shardChunks)];
    const place = ["c", this.#fullShards, ...rowShape.map(() => 0)].join("/");
    this.context.store.putSync(this.key(place), parts);
  }

  #check(values: TypedArray): void {
    const { kind, storageKind } = this.#plan;
    if (kindOf(values) !== storageKind) {
      throw new InvalidArgumentError(
        "ZARR_DATA_KIND",
        `rows for ${this.path}`,
        values,
        `${storageKind} values`,
      );
    }
    if (values.length % this.#elementsPerRow !== 0) {
      throw new InvalidArgumentError(
        "ZARR_DATA_LENGTH",
        `number of values for ${this.path}`,
        values.length,
        `a multiple of ${this.#elementsPerRow}, the values of a row`,
      );
    }
    if (kind !== "boolean") return;
    const at = (values as Uint8Array).findIndex((value) => value > 1);
    if (at >= 0) {
      throw new InvalidArgumentError(
        "ZARR_DATA_BOOLEAN",
        `value ${at} for ${this.path}`,
        values[at],
        "0 or 1",
      );
    }
  }
}
