import { type Document, isDocument } from "./document/value.ts";
import { FindCursor } from "./find-cursor.ts";
import { compilePipeline } from "./mql/pipeline/pipeline.ts";
import type { Stage } from "./mql/pipeline/stage.ts";
import type { Engine } from "./storage/engine.ts";

/** What a pipeline gives, read as it is asked for: `for await`, or {@link AggregationCursor.toArray}. */
export class AggregationCursor implements AsyncIterable<Document> {
  readonly #engine: Engine;
  readonly #name: string;
  readonly #filter: Document;
  readonly #stage: Stage;

  /** Made by `collection.aggregate`. */
  constructor(engine: Engine, name: string, pipeline: readonly Document[]) {
    this.#engine = engine;
    this.#name = name;
    const first = pipeline[0]?.$match;
    const isMatch = isDocument(first) && Object.keys(pipeline[0]!).length === 1;
    // Checked as a stage too; the documents then come from the query that it is.
    this.#stage = compilePipeline(pipeline);
    this.#filter = isMatch ? first : {};
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Document, void, undefined> {
    yield* this.#stage(new FindCursor(this.#engine, this.#name, this.#filter, undefined), {
      now: new Date(),
      collection: (name) => new FindCursor(this.#engine, name, {}, undefined),
    });
  }

  /** All documents at once. */
  async toArray(): Promise<Document[]> {
    const documents: Document[] = [];
    for await (const document of this) documents.push(document);
    return documents;
  }
}
