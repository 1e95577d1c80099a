import { InvalidArgumentError } from "@millrace/base";
import { kindOf, type TypedArray } from "@millrace/buffers";
import { groupMetadata, type JsonValue, textMetadata } from "./internal/zarr-metadata.ts";
import { type ZarrContext, ZarrNode } from "./internal/zarr-node.ts";
import { resolveArrayOptions } from "./internal/zarr-plan.ts";
import { encodeTexts } from "./internal/zarr-value.ts";
import { ZarrArray } from "./zarr-array.ts";
import type { ZarrArrayOptions, ZarrKind } from "./zarr-options.ts";

/** A group: names of groups and arrays. */
export class ZarrGroup extends ZarrNode {
  readonly #names = new Set<string>();
  /** Those that are open. */
  readonly #children = new Set<ZarrNode>();

  /** @internal */
  constructor(path: string, context: ZarrContext) {
    super(path, context);
  }

  /** @throws InvalidArgumentError `ZARR_NAME_INVALID`, `ZARR_NAME_TAKEN` */
  createGroup(name: string): ZarrGroup {
    return this.#add(name, (path) => new ZarrGroup(path, this.context));
  }

  /**
   * Makes an array that grows by rows.
   * @throws InvalidArgumentError for names as above, and for options
   * @example
   * const states = group.createDataset("states", { kind: "float32", rowShape: [100] });
   */
  createDataset<K extends ZarrKind>(name: string, options: ZarrArrayOptions<K>): ZarrArray<K> {
    const plan = resolveArrayOptions(options);
    return this.#add(name, (path) => new ZarrArray(path, this.context, options.kind, plan));
  }

  /**
   * Writes an array of fixed size in one chunk: numbers, or a text (without dimensions), or texts.
   * @param options.shape - row-major, of a typed array; one dimension when it is left out
   * @throws InvalidArgumentError for names as above, and `ZARR_VALUE_UNFIT`
   * @throws IoError `ZARR_WRITE_FAILED`
   */
  writeDatasetSync(
    name: string,
    value: TypedArray | string | readonly string[],
    { shape }: { readonly shape?: readonly number[] } = {},
  ): ZarrNode {
    if (ArrayBuffer.isView(value)) {
      const filled = shape ?? [value.length];
      const [rows = 0, ...rowShape] = filled;
      const isWhole =
        filled.length > 0 && filled.reduce((product, size) => product * size, 1) === value.length;
      if (!isWhole || rowShape.includes(0)) throw unfit(filled.join(" x "), `${value.length} values in all`);
      const array = this.createDataset(name, {
        kind: kindOf(value),
        rowShape,
        chunkRows: Math.max(1, rows),
        shardChunks: 1,
      });
      array.appendSync(value as never);
      return array;
    }
    const texts = typeof value === "string" ? [value] : value;
    if (!Array.isArray(texts) || !texts.every((one) => typeof one === "string" && one.isWellFormed())) {
      throw unfit(value, "a typed array, well-formed text, or an array of such texts");
    }
    return this.#add(name, (path) => new TextNode(path, this.context, texts, typeof value === "string"));
  }

  override closeSync(): void {
    for (const child of [...this.#children]) child.closeSync();
    super.closeSync();
  }

  /** @internal */
  override writeData(): void {}

  protected override metadata(attributes: JsonValue): Uint8Array {
    return groupMetadata(attributes);
  }

  #add<N extends ZarrNode>(name: string, make: (path: string) => N): N {
    this.checkOpen();
    checkNodeName(name);
    if (this.#names.has(name)) {
      throw new InvalidArgumentError(
        "ZARR_NAME_TAKEN",
        `a name in ${this.path}`,
        name,
        "one that is not there yet",
      );
    }
    const node = make(this.path === "/" ? `/${name}` : `${this.path}/${name}`);
    this.#names.add(name);
    this.#children.add(node);
    node.onClose = () => this.#children.delete(node);
    return node;
  }
}

/** Texts of fixed number. */
class TextNode extends ZarrNode {
  readonly #texts: readonly string[];
  readonly #isSingle: boolean;
  #isWritten = false;

  constructor(path: string, context: ZarrContext, texts: readonly string[], isSingle: boolean) {
    super(path, context);
    this.#texts = [...texts];
    this.#isSingle = isSingle;
  }

  override writeData(): void {
    if (this.#isWritten) return;
    this.#isWritten = true;
    const place = this.#isSingle ? "c" : "c/0";
    if (this.#texts.length > 0) this.context.store.putSync(this.key(place), [encodeTexts(this.#texts)]);
  }

  protected override metadata(attributes: JsonValue): Uint8Array {
    return textMetadata(this.#isSingle ? [] : [this.#texts.length], attributes);
  }
}

/** As the specification has it ("Node names"); and no longer than files' names are. */
function checkNodeName(name: string): void {
  const isFit =
    typeof name === "string" &&
    /^(?!\.+$)(?!__)[^/\0]+$/u.test(name) &&
    name !== "zarr.json" &&
    name.isWellFormed() &&
    new TextEncoder().encode(name).length <= 255;
  if (isFit) return;
  throw new InvalidArgumentError(
    "ZARR_NAME_INVALID",
    "a name",
    name,
    "text of 1 to 255 bytes without /, not only dots, not beginning with __, and not zarr.json",
  );
}

function unfit(received: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("ZARR_VALUE_UNFIT", "value", received, expected);
}
