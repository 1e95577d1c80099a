import { InvalidArgumentError } from "@millrace/base";
import { ObjectId } from "./object-id.ts";
import { type Document, rankOf, setField, TYPE_RANK, type Value } from "./value.ts";

/** JSON objects deeper than this are refused while they are turned into documents. */
const MAX_DEPTH = 200;

/**
 * Turns what `JSON.parse` gave into values: plain JSON as it is, and of MongoDB's Extended JSON (version 2) `$oid`,
 * `$date`, `$numberInt`, `$numberLong`, `$numberDouble` and `$binary` of subtype 00.
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
      return numberToJson(value as number | bigint);
    case TYPE_RANK.objectId:
      return { $oid: (value as ObjectId).toHex() };
    case TYPE_RANK.date:
      return dateToJson((value as Date).getTime());
    case TYPE_RANK.binary:
      return { $binary: { base64: Buffer.from(value as Uint8Array).toString("base64"), subType: "00" } };
    case TYPE_RANK.array:
      return (value as readonly Value[]).map(valueToJson);
    case TYPE_RANK.object: {
      const json: Record<string, Value> = {};
      for (const [name, field] of Object.entries(value as Document))
        setField(json, name, valueToJson(field) as Value);
      return json;
    }
  }
  return value;
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
const UNSUPPORTED = new Set([
  "$numberDecimal",
  "$regularExpression",
  "$timestamp",
  "$minKey",
  "$maxKey",
  "$code",
  "$symbol",
  "$undefined",
  "$dbPointer",
  "$uuid",
]);

function fromExtended(key: string, json: Record<string, unknown>): Value | undefined {
  const operand = json[key];
  switch (key) {
    case "$oid":
      return ObjectId.fromHex(String(operand));
    case "$date":
      return dateFromJson(operand);
    case "$numberInt":
    case "$numberDouble":
      return numberFromJson(key, operand);
    case "$numberLong":
      if (typeof operand === "string" && /^-?\d+$/.test(operand)) return BigInt(operand);
      break;
    case "$binary": {
      const { base64, subType } = (operand ?? {}) as { base64?: unknown; subType?: unknown };
      if (typeof base64 === "string" && Number(`0x${String(subType)}`) === 0)
        return new Uint8Array(Buffer.from(base64, "base64"));
      break;
    }
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

function numberToJson(value: number | bigint): unknown {
  if (typeof value === "bigint") return { $numberLong: String(value) };
  // JSON has neither of these; -0 would come back as 0.
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { $numberDouble: Object.is(value, -0) ? "-0.0" : String(value) };
}

function dateToJson(time: number): unknown {
  const isPlain = time >= 0 && time < 253_402_300_800_000;
  return { $date: isPlain ? new Date(time).toISOString() : { $numberLong: String(time) } };
}
