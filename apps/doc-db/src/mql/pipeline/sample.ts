/** `$sample`: so many documents, each as likely to be among them as any other, in an order by chance. */
import { Decimal128 } from "../../document/decimal128.ts";
import type { Document, Value } from "../../document/value.ts";
import { scoredDocument, storedWithScore } from "../../query/external-sort.ts";
import type { Sorter } from "../../query/sort.ts";
import { fail } from "../error.ts";
import { namedArguments } from "../expr/define.ts";
import { isNumeric, toNumber } from "../number.ts";
import { sortDocuments } from "./sort-documents.ts";
import { DEFAULT_MEMORY_BYTES, type Stage } from "./stage.ts";

/** Lots of more documents are not remembered: then all of them are sorted. */
const MAX_LOTS = 1_000_000;
const CODES = { notObject: 28745, unknown: 28748, missing: 28749 };

const BY_LOT: Sorter = {
  keyOf: ({ lot }) => [lot!],
  compare: ([a], [b]) => Number(a) - Number(b),
};

/**
 * Draws a lot for each document, and gives those with the lowest ones.
 * @throws LanguageError 28745 to 28749 for what is no `{ size }`
 */
export function sample(operand: Value): Stage {
  const size = sizeOf(namedArguments("$sample", operand, ["size"], ["size"], CODES).size!);
  return async function* (documents, { scratch, memoryBytes = DEFAULT_MEMORY_BYTES }) {
    let left = size;
    for await (const drawn of sortDocuments(BY_LOT, withLots(documents, size), scratch, memoryBytes)) {
      yield scoredDocument(drawn);
      if (--left === 0) return;
    }
  };
}

/** A double is cut to an integer, a decimal rounded to one, half to even. */
function sizeOf(value: Value): number {
  if (!isNumeric(value)) return fail(28746, "$sample size", value, "a number");
  const isDecimal = value instanceof Decimal128 && value.kind === "finite";
  const size = isDecimal ? Number(value.toBigInt("even")) : Math.trunc(toNumber(value));
  return size >= 1 ? size : fail(28747, "$sample size", value, "a number from 1 on");
}

/** The documents with their lots, as far as they may still be among the lowest ones. */
async function* withLots(documents: AsyncIterable<Document>, size: number): AsyncGenerator<Document> {
  let lots: number[] = [];
  let highest = 1;
  for await (const document of documents) {
    const lot = Math.random();
    if (lot > highest) continue;
    yield { ...storedWithScore(document), lot };
    if (size > MAX_LOTS || lots.push(lot) < 2 * size) continue;
    lots = lots.sort((a, b) => a - b).slice(0, size);
    highest = lots.at(-1)!;
  }
}
