import { CapacityError } from "@millrace/base";
import type { Document } from "../document/value.ts";
import { setTextScore, textScoreOf } from "../mql/text-score.ts";
import { type Scratch, Spool } from "../storage/scratch.ts";
import type { Sorter, SortKey } from "./sort.ts";

interface Candidate {
  readonly key: SortKey;
  readonly document: Document;
  readonly byteLength: number;
}

/** A text's score beside its document in a file. */
const SCORE = "\u0000score";

/** A document as it is kept in a file, with its text's score. */
export function storedWithScore(document: Document): Document {
  const score = textScoreOf(document);
  return score === undefined ? { document } : { document, [SCORE]: score };
}

/** What {@link storedWithScore} was made of. */
export function scoredDocument(stored: Document): Document {
  const document = stored.document as Document;
  if (stored[SCORE] !== undefined) setTextScore(document, Number(stored[SCORE]));
  return document;
}

/** Sorts any number of documents in bounded memory: what is too much goes to files in parts that are sorted, and merged. */
export class ExternalSort {
  readonly #scratch: Scratch;
  readonly #sorter: Sorter;
  readonly #wanted: number;
  readonly #limitBytes: number;
  readonly #mayUseDisk: boolean;
  #kept: Candidate[] = [];
  #keptBytes = 0;
  readonly #runs: Spool[] = [];

  /** @param wanted - how many of the first documents are needed, at the most */
  constructor(scratch: Scratch, sorter: Sorter, wanted: number, limitBytes: number, mayUseDisk: boolean) {
    this.#scratch = scratch;
    this.#sorter = sorter;
    this.#wanted = wanted;
    this.#limitBytes = limitBytes;
    this.#mayUseDisk = mayUseDisk;
  }

  /** @throws CapacityError `DOCDB_SORT_TOO_LARGE` for more than memory may hold, unless files may be used */
  async add(document: Document, byteLength: number): Promise<void> {
    this.#kept.push({ key: this.#sorter.keyOf(document), document, byteLength });
    this.#keptBytes += byteLength;
    if (this.#kept.length > 2 * this.#wanted) this.#cut();
    if (this.#keptBytes <= this.#limitBytes) return;
    if (!this.#mayUseDisk)
      throw new CapacityError(
        "DOCDB_SORT_TOO_LARGE",
        "documents to be sorted",
        this.#keptBytes,
        this.#limitBytes,
      );
    await this.#spill();
  }

  /** Only the first documents are needed. */
  #cut(): void {
    this.#sortKept();
    this.#kept.length = this.#wanted;
    this.#keptBytes = this.#kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** All documents in order; equal ones as they were added. */
  async *sorted(): AsyncGenerator<Document, void, undefined> {
    this.#sortKept();
    const sources = [...this.#runs.map((run) => this.#read(run)), this.#kept.values()];
    const heads = sources.map((source) => source.next());
    for (;;) {
      let least = -1;
      for (let i = 0; i < heads.length; i++) {
        const head = heads[i]!;
        if (head.done === true) continue;
        const best = least < 0 ? undefined : heads[least]!.value;
        if (best === undefined || this.#sorter.compare(head.value.key, best.key) < 0) least = i;
      }
      if (least < 0) return;
      yield heads[least]!.value!.document;
      heads[least] = sources[least]!.next();
    }
  }

  /** Removes the files. */
  async close(): Promise<void> {
    for (const run of this.#runs.splice(0)) await run.remove();
  }

  async #spill(): Promise<void> {
    this.#sortKept();
    const run = await Spool.create(this.#scratch);
    this.#runs.push(run);
    for (const { document } of this.#kept) run.add(storedWithScore(document));
    this.#kept = [];
    this.#keptBytes = 0;
  }

  *#read(run: Spool): Generator<Candidate, undefined, undefined> {
    for (const stored of run.documents()) {
      const document = scoredDocument(stored);
      yield { key: this.#sorter.keyOf(document), document, byteLength: 0 };
    }
    return undefined;
  }

  #sortKept(): void {
    this.#kept.sort((a, b) => this.#sorter.compare(a.key, b.key));
  }
}
