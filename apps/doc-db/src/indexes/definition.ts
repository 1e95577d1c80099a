/** An index as a collection keeps it: its specification, compiled. */
import { decodeDocument } from "../document/decode.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { type Collation, parseCollation, withCollation } from "../mql/collation.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import { type CompiledFilter, compileFilter } from "../query/filter.ts";
import { parsePath } from "../query/path.ts";
import { vectorFields } from "../vector/index-spec.ts";
import type { VectorFields } from "../vector/vector-index.ts";
import type { Box } from "./cells.ts";
import { type WildcardScope, wildcardScope } from "./wildcard.ts";

/** How the values of one field of an index become keys. */
export type FieldKind = "value" | "hashed" | "wildcard" | "text" | "2dsphere" | "2d" | "vector";

/** One field of an index's key. */
export interface IndexField {
  readonly path: string;
  readonly parts: readonly string[];
  readonly kind: FieldKind;
  /** -1 when the field's keys descend. */
  readonly direction: 1 | -1;
}

/** What a text index looks at. */
export interface TextFields {
  /** Weights by path; the path `$**` stands for all. */
  readonly weights: ReadonlyMap<string, number>;
  readonly language: string;
  /** The field of a document that names its language. */
  readonly languageField: string;
}

/** A compiled index. */
export interface IndexDefinition {
  /** As `listIndexes` shows it. */
  readonly spec: Document;
  readonly name: string;
  readonly key: Document;
  readonly fields: readonly IndexField[];
  readonly isUnique: boolean;
  readonly isSparse: boolean;
  readonly isHidden: boolean;
  /** Only documents that match are in the index. */
  readonly partial: CompiledFilter | undefined;
  readonly expireAfterSeconds: number | undefined;
  readonly collation: Collation | undefined;
  readonly wildcard: WildcardScope | undefined;
  readonly text: TextFields | undefined;
  readonly vector: VectorFields | undefined;
  /** The square that the cells of a place are cut from. */
  readonly square: Box;
}

const EARTH: Box = [-180, -90, 180, 90];
/** Compiled specifications by their bytes: a write looks at its collection's indexes, which seldom change. */
const COMPILED = new Map<string, IndexDefinition>();
const MAX_COMPILED = 1024;

/** Compiles a specification that {@link normalizeIndexSpec} has made, from its bytes. */
export function definitionOf(bytes: Uint8Array): IndexDefinition {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const known = COMPILED.get(key);
  if (known !== undefined) return known;
  const definition = compileIndex(decodeDocument(bytes.slice()));
  if (COMPILED.size >= MAX_COMPILED) COMPILED.clear();
  COMPILED.set(key, definition);
  return definition;
}

/** @param spec - a normalized specification */
export function compileIndex(spec: Document): IndexDefinition {
  const key = spec.key as Document;
  const fields = Object.entries(key)
    .filter(([path]) => path !== "_ftsx")
    .map(([path, order]) => compileField(path, order));
  const wildcard = fields.find(({ kind }) => kind === "wildcard");
  const collation = parseCollation(spec.collation);
  const partial = spec.partialFilterExpression;
  return {
    spec,
    name: spec.name as string,
    key,
    fields,
    isUnique: spec.unique === true,
    isSparse: spec.sparse === true,
    isHidden: spec.hidden === true,
    partial: isDocument(partial) ? withCollation(collation, () => compileFilter(partial)) : undefined,
    expireAfterSeconds: isNumeric(spec.expireAfterSeconds) ? toNumber(spec.expireAfterSeconds) : undefined,
    collation,
    wildcard:
      wildcard === undefined
        ? undefined
        : wildcardScope(wildcard.path, spec.wildcardProjection as Document | undefined),
    text: fields.some(({ kind }) => kind === "text") ? textFields(spec) : undefined,
    vector: vectorFields(spec),
    square: fields.some(({ kind }) => kind === "2d") ? squareOf(spec) : EARTH,
  };
}

function compileField(path: string, order: Value): IndexField {
  const kind: FieldKind =
    path === "_fts" && order === "text"
      ? "text"
      : order === "hashed" || order === "2dsphere" || order === "2d" || order === "vector"
        ? order
        : path === "$**" || path.endsWith(".$**")
          ? "wildcard"
          : "value";
  const direction = isNumeric(order) && toNumber(order) < 0 ? -1 : 1;
  return { path, parts: parsePath(path), kind, direction };
}

function textFields(spec: Document): TextFields {
  return {
    weights: new Map(
      Object.entries(spec.weights as Document).map(([path, weight]) => [path, Number(weight)]),
    ),
    language: spec.default_language as string,
    languageField: spec.language_override as string,
  };
}

function squareOf({ min, max }: Document): Box {
  const [low, high] = [Number(min ?? -180), Number(max ?? 180)];
  return [low, low, high, high];
}
