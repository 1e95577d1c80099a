import { encodeDocument } from "../../document/encode.ts";
import type { Document } from "../../document/value.ts";
import { scoredDocument, storedWithScore } from "../../query/external-sort.ts";
import { type Scratch, Spool } from "../../storage/scratch.ts";

/** Documents that are read more than once: in memory, or in a file from when memory has no room for them on. */
export class ReplayedDocuments {
  readonly #kept: readonly Document[];
  readonly #spool: Spool | undefined;

  private constructor(kept: readonly Document[], spool: Spool | undefined) {
    this.#kept = kept;
    this.#spool = spool;
  }

  /** Reads all documents. */
  static async gather(
    documents: AsyncIterable<Document>,
    scratch: Scratch | undefined,
    memoryBytes: number,
  ): Promise<ReplayedDocuments> {
    let kept: Document[] = [];
    let bytes = 0;
    let spool: Spool | undefined;
    try {
      for await (const document of documents) {
        if (spool !== undefined) {
          spool.add(storedWithScore(document));
          continue;
        }
        kept.push(document);
        if (scratch === undefined) continue;
        bytes += encodeDocument(document).length;
        if (bytes <= memoryBytes) continue;
        spool = await Spool.create(scratch);
        for (const each of kept) spool.add(storedWithScore(each));
        kept = [];
      }
    } catch (error) {
      await spool?.remove();
      throw error;
    }
    return new ReplayedDocuments(kept, spool);
  }

  /** All of them, as often as is wanted. */
  async *each(): AsyncGenerator<Document> {
    if (this.#spool === undefined) yield* this.#kept;
    else for (const stored of this.#spool.documents()) yield scoredDocument(stored);
  }

  async close(): Promise<void> {
    await this.#spool?.remove();
  }
}
