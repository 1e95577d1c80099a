import { setImmediate } from "node:timers/promises";
import { assert, MillraceError } from "@millrace/base";
import type { VfsFile } from "@millrace/files";
import type { FileCipher } from "./file-cipher.ts";
import { encodeHeader, type Header } from "./header.ts";
import { type Secret, wrapKey } from "./key-wrap.ts";
import { pageCountOf } from "./meta-page.ts";
import { UNIT_BYTES } from "./packed-pages.ts";
import type { PackedLayout } from "./page-file.ts";
import { META_PAGE } from "./page-format.ts";
import { numberOpening, numberOpeningSync, type PageSettings } from "./page-settings.ts";
import type { Pager, PagerCounters } from "./pager.ts";

/** A file as a header knows it, to be copied while pages are written. */
export interface HeldFile {
  readonly file: VfsFile;
  /** Its first two pages, which change meanwhile: the header, twice. */
  readonly head: Uint8Array;
  /** Bytes to be copied. */
  readonly bytes: number;
  /** The log from this record on makes a whole of what is copied, once it reaches what is durable in the end. */
  readonly checkpointLsn: number;
  /** Lets the places of its pages be written over again. */
  release(): void;
}

/** A recovery only reads and checks pages that are in the file: several times as fast as it puts them together. */
const PLACED_FRACTION = 4;

/** What a recovery has to read, in bytes of the log. */
function recoveryBytes({ loggedBytes, placedBytes }: PagerCounters): number {
  return loggedBytes + placedBytes / PLACED_FRACTION;
}

/**
 * The file's header, and what brings the file up to what it says: pages written back, the log cut. Nothing may be
 * changed meanwhile; after a failure nothing of it may be called again.
 */
export class Checkpoints {
  /** Says from which record on the log is still needed after a checkpoint. */
  keepLogFrom: () => number = () => Number.POSITIVE_INFINITY;
  /** Of an encrypted file. */
  readonly cipher: FileCipher | undefined;
  readonly #pager: Pager;
  readonly #limitBytes: number;
  #header: Header;
  /** {@link recoveryBytes} as of the last checkpoint, and bytes of whole pages in the log. */
  #loggedThen = 0;
  #imagesThen = 0;

  /** @param limitBytes - of changes in the log, after which a checkpoint is due */
  constructor(pager: Pager, header: Header, cipher: FileCipher | undefined, limitBytes: number) {
    this.cipher = cipher;
    this.#pager = pager;
    this.#header = header;
    this.#limitBytes = limitBytes;
  }

  /** Whether the file says that it is whole without its log. */
  get isClosed(): boolean {
    return this.#header.isClosed;
  }

  /**
   * Each page that changes is in the log as a whole once after a checkpoint. These bytes do not count, as the next
   * checkpoint would only bring them again, as far as they are no more than the cache.
   */
  get isDue(): boolean {
    const { counters, cacheBytes } = this.#pager;
    const logged = recoveryBytes(counters) - this.#loggedThen;
    if (logged <= this.#limitBytes) return false;
    const images = counters.imageBytes - this.#imagesThen;
    return logged - Math.min(images, cacheBytes) > this.#limitBytes;
  }

  /** How the pages are written, for a copy with the same password. */
  get pageSettings(): PageSettings {
    const { pageBytes, packed } = this.#header;
    const { compression = "none", encryption } = packed ?? {};
    const { cipher } = this;
    if (cipher === undefined || encryption === undefined)
      return { pageBytes, compression, locked: undefined };
    return { pageBytes, compression, locked: { dataKey: cipher.dataKey, wrap: encryption.wrap } };
  }

  /** Before the first change: from here on the file is not whole without its log, which must not be empty then. */
  async markOpen(): Promise<void> {
    if (!this.#header.isClosed) return;
    const pager = this.#pager;
    const { cipher } = this;
    if (cipher?.canWrite === false)
      this.#header = await numberOpening(pager.store.file, this.#header, cipher);
    await pager.wal.append(pager.records.seal(pager.records.newRecord(), true, true, pager.lastLsn + 1));
    pager.lastLsn++;
    await pager.wal.flush();
    await this.#writeHeader({ checkpointLsn: pager.lastLsn, isClosed: false });
  }

  /** {@link markOpen} at once. */
  markOpenSync(): void {
    if (!this.#header.isClosed) return;
    const pager = this.#pager;
    const { cipher } = this;
    if (cipher?.canWrite === false) this.#header = numberOpeningSync(pager.store.file, this.#header, cipher);
    pager.wal.appendSync([pager.records.seal(pager.records.newRecord(), true, true, pager.lastLsn + 1)]);
    pager.lastLsn++;
    pager.wal.flushSync();
    this.#writeHeaderSync({ checkpointLsn: pager.lastLsn, isClosed: false });
  }

  /** Writes all changed pages to their places and cuts the log. @param isClosing - and says that the file is whole */
  async run(isClosing = false): Promise<void> {
    const pager = this.#pager;
    const { store, wal, lastLsn } = pager;
    const isClean = store.cache.statistics.dirty === 0 && lastLsn === this.#header.checkpointLsn;
    if (isClean && (!isClosing || this.#header.isClosed)) return;
    // The log first: a page must not be in the file before its log is durable.
    await wal.flush();
    pager.releaseDurable();
    const dirty = store.cache.dirtyKeys();
    const { pagesAtOnce } = store.pages;
    for (let i = 0; i < dirty.length; i += pagesAtOnce) {
      store.writeDirty(dirty.slice(i, i + pagesAtOnce));
      await setImmediate();
    }
    const layout = store.pages.saveLayout(isClosing);
    // The pages before the header that says they are there, the header before the log is cut.
    await store.file.sync();
    assert(pager.lastLsn === lastLsn, "nothing is changed during a checkpoint");
    await this.#writeHeader(this.#reached(lastLsn, layout, isClosing));
    store.pages.settle();
    if (isClosing && layout !== undefined) await store.file.truncate(layout.units * UNIT_BYTES);
    pager.endOperation();
    pager.records.forgetImages();
    // Opening reads what is left of the log: nothing, where the file is whole without it.
    if (isClosing && this.keepLogFrom() > lastLsn) await wal.clear();
    else await wal.truncateBefore(Math.min(lastLsn + 1, this.keepLogFrom()));
    this.#noteLogged();
  }

  /** {@link run} at once, for a file that stays open. */
  runSync(): void {
    const pager = this.#pager;
    const { store, wal, lastLsn } = pager;
    wal.flushSync();
    pager.releaseDurable();
    store.writeDirty(store.cache.dirtyKeys());
    const layout = store.pages.saveLayout(false);
    store.file.syncSync();
    this.#writeHeaderSync(this.#reached(lastLsn, layout, false));
    store.pages.settle();
    pager.endOperation();
    pager.records.forgetImages();
    wal.truncateBeforeSync(Math.min(lastLsn + 1, this.keepLogFrom()));
    this.#noteLogged();
  }

  #noteLogged(): void {
    const { counters } = this.#pager;
    this.#loggedThen = recoveryBytes(counters);
    this.#imagesThen = counters.imageBytes;
  }

  /** What the header says once all pages up to a record are in the file. */
  #reached(lsn: number, layout: PackedLayout | undefined, isClosed: boolean): Partial<Header> {
    const { packed } = this.#header;
    const pageCount = pageCountOf(this.#pager.read(META_PAGE));
    return { checkpointLsn: lsn, pageCount, isClosed, packed: packed && layout && { ...packed, layout } };
  }

  /** What it takes to copy the file as it lies there, with the log from its checkpoint on, while others go on. */
  hold(): HeldFile {
    const { file, pages } = this.#pager.store;
    const header = this.#header;
    const { packed, pageCount, checkpointLsn } = header;
    const bytes = packed === undefined ? pageCount * header.pageBytes : packed.layout.units * UNIT_BYTES;
    const page = encodeHeader(header, this.cipher);
    return { file, head: Buffer.concat([page, page]), bytes, checkpointLsn, release: pages.hold() };
  }

  /**
   * Prepares to have the file open by another secret.
   * @returns what writes it to the file @throws MillraceError `DOCDB_PASSWORD_UNUSED`
   */
  async rekey(secret: Secret): Promise<() => Promise<void>> {
    const { cipher } = this;
    if (cipher === undefined)
      throw new MillraceError(
        "DOCDB_PASSWORD_UNUSED",
        `${this.#pager.path}: is not encrypted; there is no key to change`,
      );
    const wrap = await wrapKey(cipher.dataKey, secret);
    return async () => {
      const packed = this.#header.packed!;
      const changed = { ...packed, encryption: { ...packed.encryption!, wrap } };
      // Both copies, so that the old secret is in neither; after the first one the new one counts.
      for (let copy = 0; copy < 2; copy++) await this.#writeHeader({ packed: changed });
    };
  }

  /** Writes a header to the copy that is older; the other one counts until it is durable. */
  async #writeHeader(changes: Partial<Header>): Promise<void> {
    const { file } = this.#pager.store;
    const sequence = this.#header.sequence + 1;
    const header = { ...this.#header, ...changes, sequence };
    await file.write(encodeHeader(header, this.cipher), (sequence % 2) * header.pageBytes);
    await file.sync();
    this.#header = header;
  }

  #writeHeaderSync(changes: Partial<Header>): void {
    const { file } = this.#pager.store;
    const sequence = this.#header.sequence + 1;
    const header = { ...this.#header, ...changes, sequence };
    file.writeSync(encodeHeader(header, this.cipher), (sequence % 2) * header.pageBytes);
    file.syncSync();
    this.#header = header;
  }
}
