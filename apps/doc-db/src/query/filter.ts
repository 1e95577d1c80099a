import { type Document, isDocument, type Value } from "../document/value.ts";
import { type Collation, withCollation } from "../mql/collation.ts";
import { fail } from "../mql/error.ts";
import type { Comparison } from "./comparison.ts";
import { compileDocument, type Found } from "./compile-filter.ts";
import { exactFieldOf } from "./exact-field.ts";
import { compileNear } from "./near.ts";
import { type FieldLookup, invalid, lookupOf, type Test } from "./tests.ts";
import type { TextQuery } from "./text-query.ts";

export { type FieldLookup, lookupOf } from "./tests.ts";

/** A condition on one path that every match fulfils; what an index can help with. */
export interface Condition {
  readonly path: string;
  readonly operator:
    | Comparison
    | "$in"
    | "$exists"
    | "$geoWithin"
    | "$geoIntersects"
    | "$near"
    | "$nearSphere";
  /** For `$in` an array; for `$exists` true; for `$near` the object that it stands in. */
  readonly operand: Value;
}

/** One part of an `$or`, with the conditions that its matches fulfil. */
export interface Branch {
  readonly test: Test;
  readonly conditions: readonly Condition[];
}

/** A filter as a function, with the conditions that a plan can use. */
export interface CompiledFilter {
  matches(lookup: FieldLookup): boolean;
  readonly conditions: readonly Condition[];
  /** Each `$or` that every match fulfils. */
  readonly ors: readonly (readonly Branch[])[];
  /** The paths that it names. */
  readonly paths: readonly string[];
  /** The top-level fields that it looks at; undefined where it may look at others too, or into them. */
  readonly topFields: readonly string[] | undefined;
  /** The field of which an index's keys alone decide; undefined where the documents have to be looked at. */
  readonly exactField: string | undefined;
  /** What `$text` searches for; `matches` does not look at it, as it takes an index. */
  readonly text: TextQuery | undefined;
  readonly collation: Collation | undefined;
  /** How far a match is from where `$near` looks: the order of the matches. */
  readonly distance: ((lookup: FieldLookup) => number) | undefined;
}

/**
 * Compiles a filter of MongoDB's language; the README has the list of operators.
 * @throws LanguageError `DOCDB_QUERY_INVALID` for an operator that there is not, or operands that it does not take
 * @example
 * matchesDocument(compileFilter({ age: { $gte: 18 } }), person);
 */
export function compileFilter(filter: Document, collation?: Collation): CompiledFilter {
  checkLevels(filter, 0);
  return withCollation(collation, () => {
    const { test, near, condition } = compileNear(filter);
    const found: Found = { conditions: [], ors: [], text: undefined };
    const others = compileDocument(near?.others ?? filter, found, 0);
    if (test === undefined) return new UnorderedFilter(filter, others, found, collation);
    if (found.text !== undefined) throw invalid("$text", filter, "no $near beside it");
    found.conditions.push(condition!);
    const matches: Test = (lookup) => others(lookup) && test(lookup) !== undefined;
    return {
      matches,
      ...found,
      paths: pathsOf(filter),
      topFields: undefined,
      exactField: undefined,
      collation,
      distance: (lookup) => test(lookup) ?? Number.POSITIVE_INFINITY,
    };
  });
}

/** A filter without `$near`. What not every plan asks is found out when it is asked. */
class UnorderedFilter implements CompiledFilter {
  readonly matches: Test;
  readonly conditions: readonly Condition[];
  readonly ors: readonly (readonly Branch[])[];
  readonly text: TextQuery | undefined;
  readonly collation: Collation | undefined;
  readonly distance = undefined;
  readonly #filter: Document;

  constructor(
    filter: Document,
    matches: Test,
    { conditions, ors, text }: Found,
    collation: Collation | undefined,
  ) {
    this.#filter = filter;
    this.matches = matches;
    this.conditions = conditions;
    this.ors = ors;
    this.text = text;
    this.collation = collation;
  }

  get paths(): readonly string[] {
    return pathsOf(this.#filter);
  }

  get topFields(): readonly string[] | undefined {
    return topFieldsOf(this.#filter);
  }

  get exactField(): string | undefined {
    return exactFieldOf(this.#filter);
  }
}

/** Far more than documents have, so that what is found too deep is told as such, and far less than a stack has. */
const MAX_LEVELS = 400;

function checkLevels(value: Value, level: number): void {
  if (level > MAX_LEVELS) fail(15, "filter depth", level, `at most ${MAX_LEVELS} levels`);
  if (Array.isArray(value)) {
    for (const element of value as readonly Value[])
      if (typeof element === "object" && element !== null) checkLevels(element, level + 1);
  } else if (isDocument(value)) {
    for (const name in value) {
      const field = value[name]!;
      if (typeof field === "object" && field !== null) checkLevels(field, level + 1);
    }
  }
}

/** Called when the filter is known to be one. */
function pathsOf(filter: Document): string[] {
  return Object.entries(filter).flatMap(([name, operand]) => {
    if (!name.startsWith("$")) return [name];
    return ["$and", "$or", "$nor"].includes(name) ? (operand as readonly Document[]).flatMap(pathsOf) : [];
  });
}

function topFieldsOf(filter: Document): string[] | undefined {
  const fields: string[] = [];
  for (const [name, operand] of Object.entries(filter)) {
    if (!name.startsWith("$")) {
      if (name.includes(".")) return undefined;
      fields.push(name);
    } else if (["$and", "$or", "$nor"].includes(name)) {
      for (const part of operand as readonly Document[]) {
        const found = topFieldsOf(part);
        if (found === undefined) return undefined;
        fields.push(...found);
      }
    } else if (name !== "$comment") {
      return undefined;
    }
  }
  return fields;
}

/** As a filter that looks into a document in memory. */
export function matchesDocument(filter: CompiledFilter, document: Document): boolean {
  return filter.matches(lookupOf(document));
}
