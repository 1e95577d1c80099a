import type { ElementKind, TypedArrayOf } from "@millrace/buffers";

/** A value of an attribute: numbers are stored as float64, bigints as int64, texts as UTF-8. */
export type SinkValue = string | number | bigint;

/** What a growing dataset is. */
export interface SinkColumnSpec<K extends ElementKind = ElementKind> {
  readonly kind: K;
  /** Values in a row; undefined for a dataset of single values, with one dimension. */
  readonly width?: number | undefined;
  /** Rows of a chunk: what is compressed and written at a time. */
  readonly chunkRows: number;
  /** The attribute `units`. */
  readonly unit: string;
  /** The attribute `description`. */
  readonly description: string;
}

/** A dataset that grows by rows. */
export interface SinkColumn<K extends ElementKind = ElementKind> {
  /** Appends whole rows, which are copied before it returns. */
  append(rows: TypedArrayOf<K>): void;
}

/** A group: names of groups and datasets, with attributes. */
export interface SinkGroup {
  createGroup(name: string): SinkGroup;
  createColumn<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>): SinkColumn<K>;
  /** Writes a small dataset that does not grow, uncompressed and in one piece. */
  writeRows<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>, rows: TypedArrayOf<K>): void;
  /** Sets an attribute, or replaces it. */
  setAttribute(name: string, value: SinkValue): void;
  /** Writes one text as a dataset. */
  writeText(name: string, text: string): void;
  /** Ends the changes to this group and all in it, so that it can leave memory. */
  close(): void;
}

/**
 * A file that a recorder writes to: a tree of groups with attributes, growing datasets and texts.
 *
 * All calls are synchronous and throw MillraceErrors that name the file. After a call that failed to write, every
 * later one throws too, and what the last checkpoint holds stays as it is.
 */
export interface RunSink {
  readonly path: string;
  readonly root: SinkGroup;
  /** Whether chunks wait for the thread pool, so that {@link drain} is worth awaiting. */
  readonly isBehind: boolean;
  /** Gives the thread pool time until nothing waits any more. */
  drain(): Promise<void>;
  /** Makes all that was done so far part of the file. */
  checkpoint(): void;
  /** Makes a last checkpoint and closes the file. A second call does nothing. */
  close(): void;
  /** Closes the file without caring what is in it, and removes it. */
  discard(): void;
}
