import { InvalidArgumentError } from "@millrace/base";
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "./bson-types.ts";
import { Decimal128 } from "./decimal128.ts";
import { ObjectId } from "./object-id.ts";
import { type Document, rankOf, setField, TYPE_RANK, type Value } from "./value.ts";

/** JSON objects deeper than this are refused while they are turned into documents. */
const MAX_DEPTH = 200;

/**
 * Turns what `JSON.parse` gave into values: plain JSON as it is, and MongoDB's Extended JSON (version 2) without the
 * types that BSON deprecated (`$symbol`, `$undefined`, `$dbPointer`).
 * @throws InvalidArgumentError `DOCDB_JSON_TYPE` for types of Extended JSON that cannot be stored
 */
export function valueFromJson(json: unknown): Value {
  return convert(json, 0);
}

/** As {@link valueFromJson}. @throws InvalidArgumentError `DOCDB_JSON_DOCUMENT` for anything but an object */
export function documentFromJson(json: unknown): Document {
  const value = valueFromJson(json);
  if (typeof value === "object" && value !== null && rankOf(value) === TYPE_RANK.object)
    return value as Document;
  throw new InvalidArgumentError("DOCDB_JSON_DOCUMENT", "document", json, "a JSON object");
}

/** Turns a value into what `JSON.stringify` writes as Extended JSON; what plain JSON can say stays plain. */
export function valueToJson(value: Value): unknown {
  switch (rankOf(value)) {
    case TYPE_RANK.number:
      return numberToJson(value as number | bigint | Double | Decimal128);
    case TYPE_RANK.objectId:
      return { $oid: (value as ObjectId).toHex() };
    case TYPE_RANK.date:
      return dateToJson((value as Date).getTime());
    case TYPE_RANK.binary:
      return binaryToJson(value as Uint8Array | Binary);
    case TYPE_RANK.array:
      return (value as readonly Value[]).map(valueToJson);
    case TYPE_RANK.object: {
      const json: Record<string, Value> = {};
      for (const [name, field] of Object.entries(value as Document))
        setField(json, name, valueToJson(field) as Value);
      return json;
    }
    case TYPE_RANK.timestamp:
      return { $timestamp: { t: (value as Timestamp).seconds, i: (value as Timestamp).increment } };
    case TYPE_RANK.regex:
      return {
        $regularExpression: {
          pattern: (value as BSONRegExp).pattern,
          options: (value as BSONRegExp).options,
        },
      };
    case TYPE_RANK.code:
      return { $code: (value as Code).code };
    case TYPE_RANK.codeWithScope:
      return { $code: (value as Code).code, $scope: valueToJson((value as Code).scope as Document) };
    case TYPE_RANK.minKey:
      return { $minKey: 1 };
    case TYPE_RANK.maxKey:
      return { $maxKey: 1 };
  }
  return value;
}

function binaryToJson(value: Uint8Array | Binary): unknown {
  const { bytes, subtype } = value instanceof Binary ? value : { bytes: value, subtype: 0 };
  const base64 = Buffer.from(bytes).toString("base64");
  return { $binary: { base64, subType: subtype.toString(16).padStart(2, "0") } };
}

function convert(json: unknown, depth: number): Value {
  if (typeof json !== "object" || json === null) return json as Value;
  if (depth > MAX_DEPTH) {
    throw new InvalidArgumentError(
      "DOCDB_DOCUMENT_DEPTH",
      "JSON depth",
      depth,
      `at most ${MAX_DEPTH} levels`,
    );
  }
  if (Array.isArray(json)) return json.map((element: unknown) => convert(element, depth + 1));
  const special = Object.keys(json)[0];
  if (special?.startsWith("$") === true) {
    const value = fromExtended(special, json as Record<string, unknown>);
    if (value !== undefined) return value;
  }
  const document: Record<string, Value> = {};
  for (const [name, field] of Object.entries(json)) setField(document, name, convert(field, depth + 1));
  return document;
}

/** Keys of Extended JSON whose types cannot be stored; other keys with a dollar sign are operators. */
const UNSUPPORTED = new Set(["$symbol", "$undefined", "$dbPointer"]);

function fromExtended(key: string, json: Record<string, unknown>): Value | undefined {
  const operand = json[key];
  switch (key) {
    case "$oid":
      return ObjectId.fromHex(String(operand));
    case "$date":
      return dateFromJson(operand);
    case "$numberInt":
      return numberFromJson(key, operand);
    case "$numberDouble": {
      const value = numberFromJson(key, operand);
      return (value | 0) === value && !Object.is(value, -0) ? new Double(value) : value;
    }
    case "$numberLong":
      if (typeof operand === "string" && /^-?\d+$/.test(operand)) return BigInt(operand);
      break;
    case "$binary": {
      const { base64, subType } = (operand ?? {}) as { base64?: unknown; subType?: unknown };
      const subtype = Number(`0x${String(subType)}`);
      if (typeof base64 !== "string" || !(subtype >= 0 && subtype <= 255)) break;
      const bytes = new Uint8Array(Buffer.from(base64, "base64"));
      return subtype === 0 ? bytes : new Binary(bytes, subtype);
    }
    case "$numberDecimal":
      if (typeof operand === "string") return Decimal128.parse(operand);
      break;
    case "$timestamp": {
      const { t, i } = (operand ?? {}) as { t?: unknown; i?: unknown };
      return new Timestamp(wordFromJson(t), wordFromJson(i));
    }
    case "$regularExpression": {
      const { pattern, options } = (operand ?? {}) as { pattern?: unknown; options?: unknown };
      if (typeof pattern === "string" && typeof options === "string") return new BSONRegExp(pattern, options);
      break;
    }
    case "$code":
      if (typeof operand !== "string") break;
      return json.$scope === undefined
        ? new Code(operand)
        : new Code(operand, convert(json.$scope, 1) as object);
    case "$minKey":
      return new MinKey();
    case "$maxKey":
      return new MaxKey();
    case "$uuid":
      if (typeof operand === "string" && /^[0-9a-f-]{36}$/i.test(operand))
        return new Binary(new Uint8Array(Buffer.from(operand.replaceAll("-", ""), "hex")), 4);
      break;
    default:
      if (!UNSUPPORTED.has(key)) return undefined;
  }
  throw new InvalidArgumentError(
    "DOCDB_JSON_TYPE",
    `Extended JSON ${key}`,
    operand,
    "a type and value that can be stored",
  );
}

function wordFromJson(word: unknown): number {
  const value = Number((word as { $numberInt?: unknown } | null)?.$numberInt ?? word);
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  throw new InvalidArgumentError("DOCDB_JSON_TYPE", "Extended JSON $timestamp", word, "words of 32 bits");
}

function numberFromJson(key: string, operand: unknown): number {
  const value = typeof operand === "string" && operand.trim() !== "" ? Number(operand) : Number.NaN;
  if (!Number.isNaN(value) || operand === "NaN") return value;
  throw new InvalidArgumentError("DOCDB_JSON_TYPE", `Extended JSON ${key}`, operand, "a number as text");
}

function dateFromJson(operand: unknown): Date {
  const time =
    typeof operand === "string"
      ? Date.parse(operand)
      : Number((operand as { $numberLong?: unknown } | null)?.$numberLong ?? operand);
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError(
      "DOCDB_JSON_TYPE",
      "Extended JSON $date",
      operand,
      "an ISO 8601 time or milliseconds since 1970",
    );
  }
  return date;
}

function numberToJson(value: number | bigint | Double | Decimal128): unknown {
  if (value instanceof Decimal128) return { $numberDecimal: value.toString() };
  if (value instanceof Double) {
    const text = String(value.value);
    return { $numberDouble: Number.isInteger(value.value) && !text.includes("e") ? `${text}.0` : text };
  }
  if (typeof value === "bigint") return { $numberLong: String(value) };
  // JSON has neither of these; -0 would come back as 0.
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { $numberDouble: Object.is(value, -0) ? "-0.0" : String(value) };
}

function dateToJson(time: number): unknown {
  const isPlain = time >= 0 && time < 253_402_300_800_000;
  return { $date: isPlain ? new Date(time).toISOString() : { $numberLong: String(time) } };
}
