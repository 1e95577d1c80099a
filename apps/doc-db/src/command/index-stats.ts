import { hostname } from "node:os";
import { findCollection } from "../catalog.ts";
import { listIndexSpecs } from "../collection-indexes.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { indexUsesOf } from "../index-uses.ts";
import { fail } from "../mql/error.ts";
import type { PageReader } from "../storage/page-reader.ts";

/**
 * What `$indexStats` gives of a collection, nothing where there is none: its indexes, and how many queries and changes
 * have read each of them since the database was opened.
 * @throws LanguageError 28803 for an operand with fields
 */
export function indexStats(pager: PageReader, name: string, operand: Value): Document[] {
  if (!isDocument(operand) || Object.keys(operand).length > 0)
    fail(28803, "$indexStats", operand, "an empty object");
  const collection = findCollection(pager, name);
  if (collection === undefined) return [];
  const { since, counts } = indexUsesOf(pager);
  const own = counts.get(collection);
  return listIndexSpecs(pager, name).map((spec) => {
    const ops = BigInt(own?.get(String(spec.name)) ?? 0);
    return { name: spec.name!, key: spec.key!, host: hostname(), accesses: { ops, since }, spec };
  });
}
