import { InvalidArgumentError } from "@millrace/base";
import { BSONRegExp } from "../document/bson-types.ts";
import type { Document, Value } from "../document/value.ts";

/** How a field is compared in `where`. */
export type Comparison =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "in"
  | "not in"
  | "between"
  | "contains"
  | "starts with"
  | "like"
  | "matches"
  | "exists";

const SIMPLE: Readonly<Record<string, string>> = {
  "=": "$eq",
  "!=": "$ne",
  "<": "$lt",
  "<=": "$lte",
  ">": "$gt",
  ">=": "$gte",
  in: "$in",
  "not in": "$nin",
  exists: "$exists",
};

/**
 * One comparison as a filter of MongoDB's language.
 *
 * `between` takes two values, both included; `contains` a part of a text or an element of an array; `like` a pattern of
 * SQL, where % is any text and _ one character; `matches` a regular expression.
 * @throws InvalidArgumentError `DOCDB_QUERY_CONDITION` for a value that does not go with the comparison
 */
export function conditionOf(field: string, comparison: Comparison, value: Value): Document {
  const simple = Object.hasOwn(SIMPLE, comparison) ? SIMPLE[comparison] : undefined;
  if (simple !== undefined) {
    if ((comparison === "in" || comparison === "not in") && !Array.isArray(value))
      return refuse(field, comparison, value, "a list of values, or a query");
    return { [field]: { [simple]: value } };
  }
  switch (comparison) {
    case "between": {
      if (!Array.isArray(value) || value.length !== 2)
        return refuse(field, comparison, value, "[lowest, highest]");
      const [lowest, highest] = value as readonly Value[];
      return { [field]: { $gte: lowest!, $lte: highest! } };
    }
    case "contains": {
      // A text that is the field's, or a part of it, or an element of an array.
      if (typeof value !== "string") return { [field]: { $elemMatch: { $eq: value } } };
      return { [field]: new BSONRegExp(quote(value), "") };
    }
    case "starts with":
      return { [field]: new BSONRegExp(`^${quote(textOf(field, comparison, value))}`, "") };
    case "like": {
      const pattern = quote(textOf(field, comparison, value))
        .replaceAll("%", ".*")
        .replaceAll("_", ".");
      return { [field]: new BSONRegExp(`^${pattern}$`, "s") };
    }
    case "matches": {
      if (value instanceof BSONRegExp) return { [field]: value };
      return { [field]: new BSONRegExp(textOf(field, comparison, value), "") };
    }
    default:
      return refuse(
        field,
        comparison,
        value,
        `one of ${Object.keys(SIMPLE).join(", ")}, between, contains …`,
      );
  }
}

function textOf(field: string, comparison: string, value: Value): string {
  return typeof value === "string" ? value : refuse(field, comparison, value, "a text");
}

/** A text as a regular expression that finds it. */
function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function refuse(field: string, comparison: string, value: Value, expected: string): never {
  throw new InvalidArgumentError("DOCDB_QUERY_CONDITION", `${field} ${comparison}`, value, expected);
}
