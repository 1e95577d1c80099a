/**
 * The log of changes that change streams read: a collection of the file, whose documents are written with the changes
 * they tell of, in the same transaction (docs/formats/doc-db.md). It is there from the first stream on.
 */
import { randomBytes } from "node:crypto";
import { TreeCursor } from "../btree/cursor.ts";
import { ALL_KEYS, scanTree } from "../btree/scan.ts";
import type { Located } from "../btree/tree.ts";
import { collectionOptions, createCollection, findCollection } from "../catalog.ts";
import { primaryRootOf } from "../collection-page.ts";
import { deleteById, insertPrepared, prepareDocument } from "../collection-store.ts";
import { decodeDocument } from "../document/decode.ts";
import { ObjectId } from "../document/object-id.ts";
import type { Document, Value } from "../document/value.ts";
import { encodeKey } from "../keys/encode-key.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { describeUpdate } from "./describe-update.ts";

/** The feed's name in the file. */
export const FEED_COLLECTION = "local.changes";

/** Changes that are kept unless another number is given; the oldest go first. */
export const DEFAULT_FEED_CHANGES = 100_000;

/** What happened to a document, or to a collection as a whole. */
export type ChangeKind = "insert" | "update" | "replace" | "delete" | "drop" | "rename";

/** A change as it is kept. */
export interface FeedEntry {
  /** One more with each change of the file. */
  readonly sequence: number;
  readonly at: Date;
  readonly kind: ChangeKind;
  /** The collection's name in the file. */
  readonly name: string;
  readonly id: Value | undefined;
  /** The document of an insert or replace. */
  readonly document: Document | undefined;
  readonly update: Document | undefined;
  /** The other name of a rename. */
  readonly to: string | undefined;
}

/** Which changes a feed has. */
export interface FeedState {
  /** Random, made with the feed: tokens of another file's feed are told from its own. */
  readonly feedId: ObjectId;
  /** 0 when there is no change yet. */
  readonly first: number;
  readonly last: number;
}

/** Writes changes of one collection down. */
export interface Recorder {
  insert(document: Document): void;
  /** @param isReplacement - whether the whole document was given */
  change(before: Document, after: Document, isReplacement: boolean): void;
  delete(id: Value): void;
}

/** Makes the feed where there is none. @param changes - how many are kept */
export function createFeed(pager: PageWriter, changes: number): void {
  if (findCollection(pager, FEED_COLLECTION) !== undefined) return;
  const feedId = new ObjectId(new Uint8Array(randomBytes(12)));
  createCollection(pager, FEED_COLLECTION, { feedId, changes });
}

/** Undefined where there is no feed. */
export function feedState(pager: PageReader): FeedState | undefined {
  const page = findCollection(pager, FEED_COLLECTION);
  if (page === undefined) return undefined;
  const root = primaryRootOf(pager.read(page));
  const { feedId } = collectionOptions(pager, FEED_COLLECTION);
  return { feedId: feedId as ObjectId, first: edgeOf(pager, root, false), last: edgeOf(pager, root, true) };
}

/** Changes behind a sequence number, in their order. */
export function readFeed(pager: PageReader, after: number, limit: number): FeedEntry[] {
  const page = findCollection(pager, FEED_COLLECTION);
  if (page === undefined) return [];
  const root = primaryRootOf(pager.read(page));
  return scanTree(pager, root, ALL_KEYS, encodeKey(BigInt(after)), limit, MAX_READ_BYTES).map(({ value }) => {
    const { _id, at, kind, name, id, document, update, to } = decodeDocument(value);
    return {
      sequence: Number(_id),
      at: at as Date,
      kind: kind as ChangeKind,
      name: name as string,
      id,
      document: document as Document | undefined,
      update: update as Document | undefined,
      to: to as string | undefined,
    };
  });
}

/** Bytes of changes read at once, about. */
const MAX_READ_BYTES = 4 * 1024 * 1024;

/** What writes the changes of a collection down; undefined where nobody asked for them. Good for one transaction. */
export function recorderOf(pager: PageWriter, name: string): Recorder | undefined {
  if (isOwn(name) || TEMPORARY.test(name)) return undefined;
  const append = appenderOf(pager);
  if (append === undefined) return undefined;
  return {
    insert: (document) => append({ kind: "insert", name, id: document._id!, document }),
    change: (before, after, isReplacement) => {
      const id = before._id!;
      if (isReplacement) append({ kind: "replace", name, id, document: after });
      else append({ kind: "update", name, id, update: describeUpdate(before, after) });
    },
    delete: (id) => append({ kind: "delete", name, id }),
  };
}

/** What the database keeps for itself: of it nothing is told. */
function isOwn(name: string): boolean {
  return name.startsWith("local.");
}

/** What `$out` fills before it takes its name. */
const TEMPORARY = /\.tmp\.[0-9a-f-]{36}$/;

/** Writes down that a collection is gone, or has another name. */
export function recordCollection(
  pager: PageWriter,
  kind: "drop" | "rename",
  name: string,
  to?: string,
): void {
  if (!isOwn(name)) appenderOf(pager)?.({ kind, name, ...(to === undefined ? {} : { to }) });
}

function appenderOf(pager: PageWriter): ((entry: Document) => void) | undefined {
  const page = findCollection(pager, FEED_COLLECTION);
  if (page === undefined) return undefined;
  const kept = Number(collectionOptions(pager, FEED_COLLECTION).changes);
  let sequence = edgeOf(pager, primaryRootOf(pager.read(page)), true);
  return (entry) => {
    sequence++;
    insertPrepared(pager, page, prepareDocument({ _id: BigInt(sequence), at: new Date(), ...entry }));
    if (sequence > kept) deleteById(pager, page, encodeKey(BigInt(sequence - kept)));
  };
}

/** The first or last sequence number in the feed's tree; 0 when it is empty. */
function edgeOf(pager: PageReader, root: number, isLast: boolean): number {
  const cursor = new TreeCursor(pager, root, ALL_KEYS, undefined, isLast);
  if (!cursor.next()) return 0;
  const place: Located = { bytes: cursor.page, start: 0, end: 0 };
  cursor.value(place);
  return Number(decodeDocument(place.bytes.slice(place.start, place.end))._id);
}
