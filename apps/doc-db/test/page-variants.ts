import type { DatabaseOptions } from "../src/extras.ts";

/** A key, as passwords take a tenth of a second each time a file is opened. */
export const KEY: Uint8Array = new Uint8Array(32).map((_, i) => (i * 37) & 255);

/** Ways in which pages are written, besides as they are. */
export const PAGE_VARIANTS: readonly (readonly [name: string, options: DatabaseOptions])[] = [
  ["compressed", { compression: "zstd" }],
  ["encrypted", { key: KEY }],
  ["compressed and encrypted", { compression: "deflate", key: KEY, pageBytes: 4096 }],
];
