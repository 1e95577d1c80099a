/** `$densify`: documents for the places of a sequence that have none. */
import type { Document, Value } from "../../document/value.ts";
import { compareValues } from "../../keys/compare.ts";
import type { Sorter } from "../../query/sort.ts";
import { fail } from "../error.ts";
import { getPath } from "../expr/field-path.ts";
import { isNullish } from "../types.ts";
import { type DensifySpec, type Place, parseDensify } from "./densify-spec.ts";
import { withPath } from "./set-path.ts";
import { sortDocuments } from "./sort-documents.ts";
import { DEFAULT_MEMORY_BYTES, type Stage } from "./stage.ts";

/** Documents that a stage makes, at the most: a small step would make more than anyone can read. */
const MAX_MADE = 500_000;

/** The partition whose documents are read, with the next place that is to be filled. */
interface Partition {
  readonly id: Document;
  next: Place;
}

/**
 * Sorts by partition and field, in files where need be, and makes documents as it goes.
 * @throws LanguageError for what is not understood; 5733201 or 6053600 for values that are no numbers, or no dates;
 *   5897900 for too many places
 */
export function densify(operand: Value): Stage {
  const spec = parseDensify(operand);
  const { field, partitionBy, bounds, check } = spec;
  const idOf = (document: Document): Document => {
    let id: Document = {};
    for (const path of partitionBy) {
      const value = getPath(document, path, 0);
      if (value !== undefined) id = withPath(id, path, value);
    }
    return id;
  };
  const inOrder: Sorter = {
    keyOf: (document) => [idOf(document), getPath(document, field, 0) ?? null],
    compare: (a, b) => compareValues(a[0]!, b[0]!) || compareValues(a[1]!, b[1]!),
  };
  return async function* (documents, { scratch, memoryBytes = DEFAULT_MEMORY_BYTES }) {
    let lowest: Place | undefined;
    let highest: Place | undefined;
    const looked = async function* (): AsyncGenerator<Document> {
      for await (const document of documents) {
        const value = getPath(document, field, 0);
        if (!isNullish(value)) {
          const place = check(value);
          if (lowest === undefined || compareValues(place, lowest) < 0) lowest = place;
          if (highest === undefined || compareValues(place, highest) > 0) highest = place;
        }
        yield document;
      }
    };
    const maker = new Maker(spec);
    let partition: Partition | undefined;
    for await (const document of sortDocuments(inOrder, looked(), scratch, memoryBytes)) {
      const value = getPath(document, field, 0);
      if (isNullish(value)) {
        yield document;
        continue;
      }
      const place = check(value);
      const id = idOf(document);
      if (partition === undefined || compareValues(partition.id, id) !== 0) {
        // Sorting takes all documents before it gives the first one.
        if (partition !== undefined) yield* maker.fillRest(partition, highest!);
        const next = bounds === "partition" ? place : bounds === "full" ? lowest! : bounds[0];
        partition = { id, next };
      }
      yield* maker.fillBelow(partition, place);
      if (compareValues(partition.next, place) === 0) partition.next = maker.after(place);
      yield document;
    }
    if (partition !== undefined) yield* maker.fillRest(partition, highest!);
    else if (typeof bounds !== "string") yield* maker.fillRest({ id: {}, next: bounds[0] }, bounds[1]);
  };
}

/** Makes the documents of places, and counts them. */
class Maker {
  readonly #spec: DensifySpec;
  #made = 0;

  constructor(spec: DensifySpec) {
    this.#spec = spec;
  }

  /** @throws LanguageError 5897900 where a step is too small to lead on */
  after(place: Place): Place {
    const next = this.#spec.step(place);
    if (compareValues(next, place) <= 0)
      fail(5897900, "$densify step", place, "one that leads on from there");
    return next;
  }

  /** The places of a partition below one, as far as they are within the bounds. */
  *fillBelow(partition: Partition, end: Place): Generator<Document> {
    const { bounds } = this.#spec;
    const isBeyond = typeof bounds !== "string" && compareValues(end, bounds[1]) > 0;
    yield* this.#fill(partition, isBeyond ? bounds[1] : end, 0);
  }

  /** The places behind a partition's last document. @param highest - place of all documents */
  *fillRest(partition: Partition, highest: Place): Generator<Document> {
    const { bounds } = this.#spec;
    if (bounds === "full") yield* this.#fill(partition, highest, 1);
    else if (bounds !== "partition") yield* this.#fill(partition, bounds[1], 0);
  }

  /** @param below - 0 for places below the end, 1 for the end too */
  *#fill(partition: Partition, end: Place, below: 0 | 1): Generator<Document> {
    while (compareValues(partition.next, end) < below) {
      if (++this.#made > MAX_MADE)
        fail(5897900, "$densify", this.#made, `at most ${MAX_MADE} documents that are made`);
      yield withPath(partition.id, this.#spec.field, partition.next);
      partition.next = this.after(partition.next);
    }
  }
}
