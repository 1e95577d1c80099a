import { CorruptDataError } from "@millrace/base";
import { treeRootOf } from "../btree/node.ts";
import { loadNames } from "../catalog-names.ts";
import { RECORD_HEAD_BYTES } from "../storage/commit-record.ts";
import type { Engine } from "../storage/engine.ts";
import { pageCountOf, type ReplicaPlace, setReplicaPlace } from "../storage/meta-page.ts";
import { applyPageChange, parsePageChange } from "../storage/page-diff.ts";
import { CATALOG_PAGE, META_PAGE } from "../storage/page-format.ts";
import type { WriteClaim } from "../storage/write-claim.ts";
import type { ShippedRecord } from "./segment.ts";

/** Puts whole commits of the log of another file into this one, as one transaction of its own. */
export function applyCommits(
  engine: Engine,
  claim: WriteClaim,
  records: readonly ShippedRecord[],
  place: ReplicaPlace,
): Promise<void> {
  const { pager } = engine;
  return engine.write(() => {
    const count = pageCountOf(pager.read(META_PAGE));
    const changed = new PageApplier(engine, count);
    for (const record of records) changed.apply(record);
    changed.finish(place);
  }, claim);
}

/** As {@link applyCommits} for a commit of any size. */
export function applyLongCommit(
  engine: Engine,
  claim: WriteClaim,
  segments: AsyncIterable<readonly ShippedRecord[]>,
  place: ReplicaPlace,
): Promise<void> {
  const { pager } = engine;
  return engine.writeLong(async (_, step) => {
    const changed = new PageApplier(engine, pageCountOf(pager.read(META_PAGE)));
    for await (const records of segments) {
      for (const record of records) {
        changed.apply(record);
        step();
      }
    }
    changed.finish(place);
  }, claim);
}

/** The pages of one transaction. */
class PageApplier {
  readonly #engine: Engine;
  readonly #count: number;
  #hasNewNames = false;

  /** @param count - pages before the transaction */
  constructor(engine: Engine, count: number) {
    this.#engine = engine;
    this.#count = count;
  }

  apply({ lsn, payload }: ShippedRecord): void {
    const { pager } = this.#engine;
    const { cipher } = this.#engine.checkpoints;
    const record = cipher === undefined ? payload : cipher.openRecord(payload, lsn);
    if (record === undefined) {
      const problem = `record ${lsn} is not what was encrypted for its place; restore the target from a copy`;
      throw new CorruptDataError("DOCDB_SHIP_CORRUPT", pager.path, 0, problem);
    }
    for (let at = RECORD_HEAD_BYTES; at < record.length; ) {
      const change = parsePageChange(record, at);
      const page = pager.modifyOrCreate(change.page, this.#count);
      applyPageChange(record, change, page);
      if (treeRootOf(page) === CATALOG_PAGE) this.#hasNewNames = true;
      // In a long transaction, which a small cache makes of it, pages are let go one by one.
      if (pager.touched !== undefined) {
        pager.settle(change.page);
        pager.store.endOperation();
      }
      at = change.end;
    }
  }

  finish(place: ReplicaPlace): void {
    const { pager } = this.#engine;
    setReplicaPlace(pager.modify(META_PAGE), place);
    pager.collections.clear();
    pager.keptNames.clear();
    if (this.#hasNewNames) loadNames(pager);
  }
}
