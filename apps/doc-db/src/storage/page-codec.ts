/** What a page looks like in a file that is compressed, encrypted or both. */
import { assert } from "@millrace/base";
import { compressBytesSync, decompressBytesSync } from "@millrace/compress";
import type { FileCipher, SealedKind } from "./file-cipher.ts";
import type { PageIo } from "./page-file.ts";
import { ENTRY_FORM, type Entry, formOf, nonceOf, tagOf } from "./page-map.ts";

/** How the pages of a file are compressed. */
export type PageCompression = "none" | "zstd" | "deflate";

/** In the order of their numbers in the header. */
export const PAGE_COMPRESSIONS: readonly PageCompression[] = ["none", "zstd", "deflate"];

const CODEC_OF: Readonly<Record<number, "zstd" | "deflate">> = {
  [ENTRY_FORM.zstd]: "zstd",
  [ENTRY_FORM.deflate]: "deflate",
};
/** As small as higher ones for so few bytes, at half the time. */
const LEVELS = { zstd: 1, deflate: 1 } as const;

/** Compresses first, encrypts then. */
export class PageCodec {
  readonly compression: PageCompression;
  readonly cipher: FileCipher | undefined;
  readonly #io: PageIo;

  constructor(compression: PageCompression, cipher: FileCipher | undefined, io: PageIo) {
    this.compression = compression;
    this.cipher = cipher;
    this.#io = io;
  }

  /** @param unitBytes - what compression has to save at least @returns the bytes, and how they are made */
  compress(page: Uint8Array, unitBytes: number): { readonly bytes: Uint8Array; readonly form: number } {
    const { compression } = this;
    if (compression === "none") return { bytes: page, form: ENTRY_FORM.asIs };
    const startMs = performance.now();
    const bytes = compressBytesSync(page, compression, LEVELS[compression]);
    this.#io.compressMs += performance.now() - startMs;
    if (bytes.length > page.length - unitBytes) return { bytes: page, form: ENTRY_FORM.asIs };
    return { bytes, form: ENTRY_FORM[compression] };
  }

  /** Encrypts for one place, when the file is encrypted; nonce and tag go to the entry. */
  encrypt(bytes: Uint8Array, kind: SealedKind, level: number, number: number, entry: Entry): Uint8Array {
    if (this.cipher === undefined) return bytes;
    const startMs = performance.now();
    const sealed = this.cipher.sealPage(kind, level, number, bytes, nonceOf(entry));
    tagOf(entry).set(sealed.tag);
    this.#io.encryptMs += performance.now() - startMs;
    return sealed.bytes;
  }

  /** The page of stored bytes, in `into`; otherwise what is wrong with them. */
  restore(
    stored: Uint8Array,
    kind: SealedKind,
    level: number,
    number: number,
    entry: Entry,
    into: Uint8Array,
  ): string | undefined {
    const bytes = this.#decrypt(stored, kind, level, number, entry);
    if (bytes === undefined) return "is not what was encrypted for this place, or an older one";
    const page = this.#decompress(bytes, formOf(entry), into.length);
    if (typeof page === "string") return page;
    into.set(page);
    return undefined;
  }

  #decrypt(
    stored: Uint8Array,
    kind: SealedKind,
    level: number,
    number: number,
    entry: Entry,
  ): Uint8Array | undefined {
    if (this.cipher === undefined) return stored;
    const startMs = performance.now();
    const bytes = this.cipher.openPage(kind, level, number, nonceOf(entry), stored, tagOf(entry));
    this.#io.decryptMs += performance.now() - startMs;
    return bytes;
  }

  #decompress(bytes: Uint8Array, form: number, pageBytes: number): Uint8Array | string {
    const codec = CODEC_OF[form];
    if (codec === undefined) return bytes.length === pageBytes ? bytes : `has ${bytes.length} bytes`;
    const startMs = performance.now();
    try {
      const page = decompressBytesSync(bytes, codec, pageBytes);
      return page.length === pageBytes ? page : `gives ${page.length} bytes`;
    } catch (error) {
      assert(error instanceof Error, "decoders throw errors");
      return `cannot be decompressed (${error.message})`;
    } finally {
      this.#io.decompressMs += performance.now() - startMs;
    }
  }
}
