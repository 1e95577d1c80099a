import { ClosedError } from "@millrace/base";
import { type DocumentView, documentView } from "./lookup.ts";
import type { Document, Value } from "./value.ts";

/**
 * A document where it lies in its page: a field is decoded when it is asked for, and nothing is copied. It can be used
 * during the call that gives it, and not after.
 */
export class LazyDocument {
  readonly #view: DocumentView = documentView();
  #isThere = false;

  /** A top-level field; undefined where there is none. @throws ClosedError `DOCDB_DOCUMENT_GONE` after the call */
  get(name: string): Value | undefined {
    this.#check();
    return this.#view(name);
  }

  /** The whole document, to be kept. @throws ClosedError `DOCDB_DOCUMENT_GONE` after the call */
  toDocument(): Document {
    this.#check();
    return this.#view.whole();
  }

  /** Turns to another document. */
  moveTo(bytes: Uint8Array, start: number, end: number): void {
    this.#view.moveTo(bytes, start, end);
    this.#isThere = true;
  }

  /** Lets the document go. */
  leave(): void {
    this.#isThere = false;
    this.#view.moveTo(NOTHING, 0, 0);
  }

  #check(): void {
    if (!this.#isThere)
      throw new ClosedError("DOCDB_DOCUMENT_GONE", "a document that was given to be looked at during a call");
  }
}

const NOTHING = new Uint8Array(0);
