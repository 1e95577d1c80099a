/** Check constraints: filters with names that all documents of a collection match. */
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { compileFilter } from "../query/filter.ts";

/** Checks `[{ name, filter }]` as it is given. @throws LanguageError 9 or 72, and for filters that are none */
export function normalizeChecks(given: Value): Document[] {
  if (!Array.isArray(given)) return fail(9, "checks", given, "a list");
  const checks = (given as readonly Value[]).map((each): Document => {
    const { name, filter } = isDocument(each) ? each : fail(9, "check", each, "{ name, filter }");
    if (typeof name !== "string" || name === "") return fail(9, "check name", name, "a text");
    if (!isDocument(filter)) return fail(9, `check ${name}`, filter, "a filter");
    compileFilter(filter);
    return { name, filter };
  });
  const names = checks.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) fail(72, "checks", twice, "a name for each");
  return checks;
}

/** The checks that a collection's options say. */
export function checksOf({
  checks,
}: Document): readonly { readonly name: string; readonly filter: Document }[] {
  return Array.isArray(checks) ? (checks as readonly { name: string; filter: Document }[]) : [];
}
