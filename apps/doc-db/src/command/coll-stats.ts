/** How many documents and indexes a collection has, and their bytes: the command `collStats` and the stage `$collStats`. */
import { hostname } from "node:os";
import { findCollection } from "../catalog.ts";
import { documentBytesOf, documentCountOf, indexesOf } from "../collection-page.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import { shownNamespace } from "../names.ts";
import type { PageReader } from "../storage/page-reader.ts";

const KINDS = ["count", "storageStats"];

/** Zeros where there is no such collection. */
export function collectionSizes(pager: PageReader, name: string): Record<string, number> {
  const collection = findCollection(pager, name);
  const page = collection === undefined ? undefined : pager.read(collection);
  const count = page === undefined ? 0 : documentCountOf(page);
  const size = page === undefined ? 0 : documentBytesOf(page);
  const nindexes = page === undefined ? 0 : indexesOf(page).length + 1;
  return { count, size, avgObjSize: count === 0 ? 0 : Math.round(size / count), nindexes };
}

/**
 * The one document that `$collStats` gives. `storageSize` is that of the documents, without free space in pages.
 * @throws LanguageError 40415 for what is counted of no collection here
 */
export function collStats(pager: PageReader, name: string, operand: Value): Document[] {
  if (!isDocument(operand)) return fail(5447000, "$collStats", operand, "an object");
  const unknown = Object.keys(operand).find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) fail(40415, "$collStats", unknown, `one of ${KINDS.join(", ")}`);
  const { count, ...sizes } = collectionSizes(pager, name);
  const scaleFactor = scaleOf(operand.storageStats);
  const size = Math.trunc(sizes.size! / scaleFactor);
  const storageStats = { ...sizes, count, size, storageSize: size, capped: false, scaleFactor } as Document;
  return [
    {
      ns: shownNamespace(name),
      host: hostname(),
      localTime: new Date(),
      ...(operand.count === undefined ? {} : { count: count! }),
      ...(operand.storageStats === undefined ? {} : { storageStats }),
    },
  ];
}

/** Bytes that sizes are told in. */
function scaleOf(settings: Value | undefined): number {
  const scale = isDocument(settings) ? settings.scale : undefined;
  if (scale === undefined || scale === null) return 1;
  const number = isNumeric(scale) ? Math.trunc(toNumber(scale)) : Number.NaN;
  return number >= 1 ? number : fail(51024, "$collStats scale", scale, "a number from 1 on");
}
