/** Reads the feed of changes as events in the form of MongoDB's change streams. */
import { getFromTree } from "../btree/tree.ts";
import { findCollection } from "../catalog.ts";
import { primaryRootOf } from "../collection-page.ts";
import { encodeId } from "../collection-store.ts";
import { decodeDocument } from "../document/decode.ts";
import type { ObjectId } from "../document/object-id.ts";
import type { Document, Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { compilePipeline } from "../mql/pipeline/pipeline.ts";
import { each, gatherAll, type Stage } from "../mql/pipeline/stage.ts";
import { namespaceOf } from "../names.ts";
import type { Engine } from "../storage/engine.ts";
import { createFeed, DEFAULT_FEED_CHANGES, type FeedEntry, feedState, readFeed } from "./feed.ts";
import { clusterTimeOf, placeAtTime } from "./place-at-time.ts";
import { parseToken, tokenOf } from "./resume-token.ts";

/** Whose changes are wanted. Without a collection those of a database, without both all. */
export interface ChangeScope {
  readonly database?: string;
  readonly collection?: string;
}

/** Where a stream begins, and what it gives. */
export interface ChangeReaderOptions {
  /** Behind the event of this token. */
  readonly resumeAfter?: Value | undefined;
  /** As `resumeAfter`; it may be the token of an `invalidate`, too. */
  readonly startAfter?: Value | undefined;
  /** With the oldest change that is kept. @default false */
  readonly fromStart?: boolean;
  /** `updateLookup`: updates come with the document as it is when the event is read. @default "default" */
  readonly fullDocument?: Value | undefined;
  /** With the first change of this time, a `Timestamp`. */
  readonly startAtOperationTime?: Value | undefined;
  /** Older versions are not kept: `whenAvailable` gives null for them. @default "off" */
  readonly fullDocumentBeforeChange?: Value | undefined;
}

const MAX_EVENTS = 256;
/** Stages that take events one by one. */
const STAGES = [
  "$match",
  "$project",
  "$addFields",
  "$set",
  "$unset",
  "$replaceRoot",
  "$replaceWith",
  "$redact",
];
/** Fields of the first stage that are understood. */
const KNOWN = [
  "resumeAfter",
  "startAfter",
  "fromStart",
  "fullDocument",
  "startAtOperationTime",
  "fullDocumentBeforeChange",
  "allChangesForCluster",
  "showExpandedEvents",
];

/** One reader of the feed, at one place. */
export class ChangeReader {
  readonly #engine: Engine;
  readonly #scope: ChangeScope;
  readonly #stage: Stage;
  readonly #looksUp: boolean;
  readonly #showsBefore: boolean;
  readonly #feedId: ObjectId;
  #after: number;
  #isInvalidated = false;
  #isClosed = false;
  #wake: (() => void) | undefined;
  readonly #stopListening: () => void;

  private constructor(
    engine: Engine,
    scope: ChangeScope,
    stage: Stage,
    { looksUp, showsBefore }: { readonly looksUp: boolean; readonly showsBefore: boolean },
    feedId: ObjectId,
    after: number,
  ) {
    this.#engine = engine;
    this.#scope = scope;
    this.#stage = stage;
    this.#looksUp = looksUp;
    this.#showsBefore = showsBefore;
    this.#feedId = feedId;
    this.#after = after;
    this.#stopListening = engine.onCommit(() => this.#wake?.());
  }

  /**
   * Begins behind the last change, or behind a token. The first reader of a file makes its feed.
   * @throws LanguageError 260 for a token of another file, 286 when changes behind it are kept no more
   */
  static async open(
    engine: Engine,
    scope: ChangeScope,
    pipeline: readonly Document[],
    options: ChangeReaderOptions = {},
  ): Promise<ChangeReader> {
    const unknown = Object.entries(options).find(
      ([name, value]) => value !== undefined && !KNOWN.includes(name),
    );
    if (unknown !== undefined) fail(9, "$changeStream", unknown[0], `one of ${KNOWN.join(", ")}`);
    const { resumeAfter, startAfter, fullDocument = "default" } = options;
    if (fullDocument !== "default" && fullDocument !== "updateLookup")
      fail(9, "fullDocument", fullDocument, '"default" or "updateLookup"; older versions are not kept');
    const { startAtOperationTime, fullDocumentBeforeChange = "off" } = options;
    if (fullDocumentBeforeChange !== "off" && fullDocumentBeforeChange !== "whenAvailable")
      fail(
        47,
        "fullDocumentBeforeChange",
        fullDocumentBeforeChange,
        '"off" or "whenAvailable"; older versions are not kept',
      );
    if (resumeAfter !== undefined && startAfter !== undefined)
      fail(50674, "$changeStream", "resumeAfter and startAfter", "one of them");
    if (startAtOperationTime !== undefined && (resumeAfter ?? startAfter) !== undefined)
      fail(40674, "$changeStream", "startAtOperationTime and a token", "one of them");
    for (const stage of pipeline) {
      const [name] = Object.keys(stage);
      if (name === undefined || !STAGES.includes(name))
        fail(20, "change stream stage", name, `one of ${STAGES.join(", ")}`);
    }
    const stage = compilePipeline(pipeline);
    let state = await engine.read(feedState);
    if (state === undefined) {
      await engine.write((pager) => createFeed(pager, DEFAULT_FEED_CHANGES));
      state = (await engine.read(feedState))!;
    }
    const token = resumeAfter ?? startAfter;
    const known = state;
    let begin = options.fromStart === true ? Math.max(0, state.first - 1) : state.last;
    if (startAtOperationTime !== undefined)
      begin = await engine.read((pager) => placeAtTime(pager, known, startAtOperationTime));
    const after = token === undefined ? begin : parseToken(token, state.feedId, startAfter !== undefined);
    if (after > state.last || after + 1 < state.first)
      fail(286, "resume token", token, "one of a change that is still kept");
    const shown = {
      looksUp: fullDocument === "updateLookup",
      showsBefore: fullDocumentBeforeChange === "whenAvailable",
    };
    return new ChangeReader(engine, scope, stage, shown, state.feedId, after);
  }

  /** Of the last event that was read, whether it was given or filtered out. */
  get token(): Document {
    return tokenOf(this.#feedId, this.#after, false);
  }

  /** After an `invalidate`, or when it was closed: nothing more comes. */
  get isOver(): boolean {
    return this.#isInvalidated || this.#isClosed;
  }

  /**
   * The next events; an empty list when there were none for that long, or the reader was closed.
   * @param waitMs - how long to wait for the first; Infinity until there is one
   */
  async read(waitMs: number): Promise<Document[]> {
    const untilMs = performance.now() + waitMs;
    while (!this.isOver) {
      // Before looking, so that what is committed meanwhile is not missed.
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const entries = await this.#engine.read((pager) => this.#next(pager));
      const events = await this.#eventsOf(entries);
      if (events.length > 0) {
        // What a power cut could take back is not told of.
        await this.#engine.settled();
        return this.#isClosed ? [] : events;
      }
      if (entries.length > 0) continue;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      await waitFor(promise, leftMs);
    }
    return [];
  }

  /** Ends the reader, and a read that waits. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#wake?.();
  }

  #next(pager: Parameters<typeof readFeed>[0]): FeedEntry[] {
    const entries = readFeed(pager, this.#after, MAX_EVENTS);
    const first = entries[0]?.sequence;
    // The oldest changes go when there are too many: a slow reader may be too late.
    if (first !== undefined && first !== this.#after + 1)
      fail(286, "change stream", this.#after, "changes that are still kept; read faster, or begin again");
    return entries;
  }

  async #eventsOf(entries: readonly FeedEntry[]): Promise<Document[]> {
    const events: Document[] = [];
    for (const entry of entries) {
      this.#after = entry.sequence;
      if (!this.#isWanted(entry)) continue;
      const passed = await gatherAll(this.#stage(each([await this.#eventOf(entry)]), STAGE_CONTEXT));
      for (const event of passed) {
        if (event._id === undefined)
          fail(280, "change stream", event, "events that keep their _id, the token");
        events.push(event);
      }
      if (!this.#ends(entry)) continue;
      const { _id: _, operationType: __, ns: ___, to: ____, ...rest } = await this.#eventOf(entry);
      events.push({ _id: tokenOf(this.#feedId, entry.sequence, true), operationType: "invalidate", ...rest });
      this.#isInvalidated = true;
      break;
    }
    return events;
  }

  #isWanted({ name, to }: FeedEntry): boolean {
    return this.#covers(name) || (to !== undefined && this.#covers(to));
  }

  #covers(name: string): boolean {
    const { database, collection } = this.#scope;
    const namespace = namespaceOf(name);
    if (database === undefined) return true;
    return (
      namespace.database === database && (collection === undefined || namespace.collection === collection)
    );
  }

  /** A stream of one collection ends with it. */
  #ends({ kind }: FeedEntry): boolean {
    return this.#scope.collection !== undefined && (kind === "drop" || kind === "rename");
  }

  async #eventOf(entry: FeedEntry): Promise<Document> {
    const { sequence, at, kind, name, id, document, update, to } = entry;
    const full = kind === "update" && this.#looksUp ? await this.#lookUp(name, id!) : document;
    return {
      _id: tokenOf(this.#feedId, sequence, false),
      operationType: kind,
      clusterTime: clusterTimeOf(entry),
      wallTime: at,
      ...(full === undefined ? {} : { fullDocument: full }),
      ...(this.#showsBefore && CHANGES_DOCUMENT.has(kind) ? { fullDocumentBeforeChange: null } : {}),
      ns: shown(name),
      ...(to === undefined ? {} : { to: shown(to) }),
      ...(id === undefined ? {} : { documentKey: { _id: id } }),
      ...(update === undefined ? {} : { updateDescription: update }),
    };
  }

  /** The document as it is now; null when it is gone. */
  #lookUp(name: string, id: Value): Promise<Document | null> {
    return this.#engine.read((pager) => {
      const page = findCollection(pager, name);
      const bytes =
        page === undefined ? undefined : getFromTree(pager, primaryRootOf(pager.read(page)), encodeId(id));
      return bytes === undefined ? null : decodeDocument(bytes);
    });
  }
}

/** What there was a version of a document before. */
const CHANGES_DOCUMENT: ReadonlySet<string> = new Set(["update", "replace", "delete"]);

const STAGE_CONTEXT = Object.freeze({
  now: new Date(),
  collection: () => fail(20, "change stream", "another collection", "the events alone"),
});

function shown(name: string): Document {
  const { database, collection } = namespaceOf(name);
  return { db: database, coll: collection };
}

async function waitFor(promise: Promise<void>, ms: number): Promise<void> {
  if (ms === Number.POSITIVE_INFINITY) return promise;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
