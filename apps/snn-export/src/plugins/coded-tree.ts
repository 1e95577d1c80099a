import { CapacityError, InvalidArgumentError } from "@millrace/base";
import { newTypedArray, type TypedArray } from "@millrace/buffers";
import { FIELD_KINDS, type FieldKind } from "../fields.ts";
import {
  attributeOf,
  damaged,
  readNumbers,
  requireColumn,
  type TreeAttributes,
  type TreeColumn,
  type TreeGroup,
  type TreeNode,
} from "../loader/run-tree.ts";
import type { CodedValues, ColumnCodec } from "./codec.ts";

/** A group whose fields may be coded: their `values` are there as if they were not. */
export class CodedTreeGroup implements TreeGroup {
  readonly kind = "group";
  readonly file: string;
  readonly path: string;
  readonly attributes: TreeAttributes;
  readonly #group: TreeGroup;
  readonly #codecs: readonly ColumnCodec[];
  readonly #limitBytes: number;

  /** @param limitBytes - the most that decoding one block may take */
  constructor(group: TreeGroup, codecs: readonly ColumnCodec[], limitBytes: number) {
    this.file = group.file;
    this.path = group.path;
    this.attributes = group.attributes;
    this.#group = group;
    this.#codecs = codecs;
    this.#limitBytes = limitBytes;
  }

  get names(): readonly string[] {
    const { names } = this.#group;
    return names.includes("coded") && !names.includes("values") ? [...names, "values"] : names;
  }

  /** @throws InvalidArgumentError for values of a codec that the loader was not given */
  get(name: string): TreeNode | undefined {
    const node = this.#group.get(name);
    if (node?.kind === "group") return new CodedTreeGroup(node, this.#codecs, this.#limitBytes);
    if (node !== undefined || name !== "values" || !this.#group.names.includes("coded")) return node;
    const codecName = attributeOf(this.#group, "codec");
    const codec = this.#codecs.find((candidate) => candidate.name === codecName);
    if (codec !== undefined) return new CodedTreeColumn(this.#group, codec, this.#limitBytes);
    const what = `the option codecs, for ${this.path} of ${this.file}`;
    const found = this.#codecs.map((candidate) => candidate.name).join(", ") || "none";
    throw new InvalidArgumentError("SNN_CODEC_MISSING", what, found, `a codec named "${codecName}"`);
  }
}

class CodedTreeColumn implements TreeColumn {
  readonly kind = "column";
  readonly file: string;
  readonly path: string;
  readonly attributes: TreeAttributes;
  readonly elements: FieldKind;
  readonly width: number | undefined;
  readonly rows: number;
  readonly #coded: TreeColumn;
  readonly #codec: ColumnCodec;
  readonly #limitBytes: number;
  /** Where each block ends, in rows and in bytes. */
  readonly #rowEnds: Float64Array;
  readonly #byteEnds: Float64Array;

  constructor(group: TreeGroup, codec: ColumnCodec, limitBytes: number) {
    this.file = group.file;
    this.path = `${group.path}/values`;
    this.#coded = requireColumn(group, "coded");
    this.attributes = this.#coded.attributes;
    this.#codec = codec;
    this.#limitBytes = limitBytes;
    const kind = attributeOf(group, "codec_kind");
    const elements = FIELD_KINDS.find((candidate) => candidate === kind);
    if (elements === undefined) throw damaged(group, `codec_kind is ${kind}`);
    this.elements = elements;
    const width = attributeOf(group, "codec_width");
    this.width = width === undefined ? undefined : Number(width);
    if (this.width !== undefined && !(Number.isSafeInteger(this.width) && this.width > 0))
      throw damaged(group, `codec_width is ${width}`);
    const blocks = readNumbers(requireColumn(group, "coded_blocks"));
    const count = blocks.length / 2;
    this.#rowEnds = new Float64Array(count);
    this.#byteEnds = new Float64Array(count);
    let rows = 0;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      if (!(blocks[2 * i]! > 0 && blocks[2 * i + 1]! >= 0))
        throw damaged(group, `coded block ${i} is negative`);
      this.#rowEnds[i] = rows += blocks[2 * i]!;
      this.#byteEnds[i] = bytes += blocks[2 * i + 1]!;
    }
    this.rows = rows;
    if (bytes !== this.#coded.rows)
      throw damaged(group, `${bytes} coded bytes, ${this.#coded.rows} are there`);
  }

  read(start: number, stop: number): TypedArray<ArrayBuffer> {
    const width = this.width ?? 1;
    const values = this.#newValues((stop - start) * width);
    for (let block = 0; block < this.#rowEnds.length; block++) {
      const end = this.#rowEnds[block]!;
      const first = block === 0 ? 0 : this.#rowEnds[block - 1]!;
      if (end <= start) continue;
      if (first >= stop) break;
      const decoded = this.#decode(block, (end - first) * width);
      const part = decoded.subarray(
        (Math.max(start, first) - first) * width,
        (Math.min(stop, end) - first) * width,
      );
      values.set(part as Float64Array, (Math.max(start, first) - start) * width);
    }
    return values;
  }

  #decode(block: number, length: number): CodedValues {
    const start = block === 0 ? 0 : this.#byteEnds[block - 1]!;
    const bytes = this.#coded.read(start, this.#byteEnds[block]!);
    if (!(bytes instanceof Uint8Array)) throw damaged(this, "coded values are no bytes");
    const values = this.#newValues(length);
    try {
      this.#codec.decode(bytes, values, this.width ?? 1);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw damaged(this, `the codec "${this.#codec.name}" refuses block ${block}: ${reason}`);
    }
    return values;
  }

  #newValues(length: number): CodedValues & TypedArray<ArrayBuffer> {
    // No kind is wider than 8 bytes.
    if (!(length * 8 <= this.#limitBytes))
      throw new CapacityError(
        "SNN_READ_LIMIT",
        `${this.path}: ${length} values`,
        length * 8,
        this.#limitBytes,
      );
    return newTypedArray(this.elements, length);
  }
}
