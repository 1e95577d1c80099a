import type { ElementKind, TypedArrayOf } from "@millrace/buffers";
import type { SinkColumn, SinkColumnSpec, SinkGroup, SinkValue } from "../sinks/run-sink.ts";
import type { CodedValues, ColumnCodec } from "./codec.ts";

/** The dataset whose rows a codec takes over. */
const VALUES = "values";

/** An episode's group in which the values of some fields go through codecs. */
export class CodedGroup implements SinkGroup {
  readonly #group: SinkGroup;
  readonly #codecs: ReadonlyMap<string, ColumnCodec>;
  readonly #path: string;

  /** @param path - from the episode: "" or "behavior/x", as the codecs are named by */
  constructor(group: SinkGroup, codecs: ReadonlyMap<string, ColumnCodec>, path = "") {
    this.#group = group;
    this.#codecs = codecs;
    this.#path = path;
  }

  createGroup(name: string): SinkGroup {
    const path = this.#path === "" ? name : `${this.#path}/${name}`;
    return new CodedGroup(this.#group.createGroup(name), this.#codecs, path);
  }

  createColumn<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>): SinkColumn<K> {
    const codec = name === VALUES ? this.#codecs.get(this.#path) : undefined;
    return codec === undefined
      ? this.#group.createColumn(name, spec)
      : new CodedColumn<K>(this.#group, codec, spec);
  }

  writeRows<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>, rows: TypedArrayOf<K>): void {
    if (name === VALUES && this.#codecs.has(this.#path)) this.createColumn(name, spec).append(rows);
    else this.#group.writeRows(name, spec, rows);
  }

  setAttribute(name: string, value: SinkValue): void {
    this.#group.setAttribute(name, value);
  }

  writeText(name: string, text: string): void {
    this.#group.writeText(name, text);
  }

  close(): void {
    this.#group.close();
  }
}

class CodedColumn<K extends ElementKind> implements SinkColumn<K> {
  readonly #codec: ColumnCodec;
  readonly #width: number;
  readonly #bytes: SinkColumn<"uint8">;
  readonly #blocks: SinkColumn<"int64">;

  constructor(group: SinkGroup, codec: ColumnCodec, { kind, width, unit, description }: SinkColumnSpec<K>) {
    this.#codec = codec;
    this.#width = width ?? 1;
    group.setAttribute("codec", codec.name);
    group.setAttribute("codec_kind", kind);
    if (width !== undefined) group.setAttribute("codec_width", BigInt(width));
    this.#bytes = group.createColumn("coded", { kind: "uint8", chunkRows: 1 << 16, unit, description });
    this.#blocks = group.createColumn("coded_blocks", {
      kind: "int64",
      width: 2,
      chunkRows: 512,
      unit: "1",
      description: "rows and bytes of each block of coded",
    });
  }

  append(rows: TypedArrayOf<K>): void {
    if (rows.length === 0) return;
    const bytes = this.#codec.encode(rows as CodedValues, this.#width);
    this.#bytes.append(bytes as TypedArrayOf<"uint8">);
    this.#blocks.append(BigInt64Array.of(BigInt(rows.length / this.#width), BigInt(bytes.length)));
  }
}
