/**
 * Writes src/growable/*.ts and src/chunk-list/*.ts: the same source text once for each element kind, because V8
 * compiles one class used with several kinds to much slower code than a class that ever sees one.
 *
 *   node packages/buffers/scripts/generate-growable.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chunkListSource } from "./chunk-list-template.ts";
import { growableSource } from "./growable-template.ts";

/** What differs from kind to kind. */
export interface KindTraits {
  /** The element kind: "uint8". */
  readonly kind: string;
  /** The kind inside a class name: "Uint8". */
  readonly suffix: string;
  /** The typed array: "Uint8Array". */
  readonly array: string;
  readonly elementBytes: number;
  /** True for 64-bit integers, which are written as two 32-bit words. */
  readonly isWide: boolean;
}

const KINDS: readonly KindTraits[] = [
  traits("uint8", 1),
  traits("int8", 1),
  traits("uint16", 2),
  traits("int16", 2),
  traits("uint32", 4),
  traits("int32", 4),
  traits("float32", 4),
  traits("float64", 8),
  traits("int64", 8),
  traits("uint64", 8),
];

/** The generated files: path under src → text. */
export function generate(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const kind of KINDS) {
    files.set(`growable/${kind.kind}.ts`, growableSource(kind));
    files.set(`chunk-list/${kind.kind}.ts`, chunkListSource(kind));
  }
  return files;
}

function traits(kind: string, elementBytes: number): KindTraits {
  const suffix = kind[0]!.toUpperCase() + kind.slice(1);
  const isWide = kind === "int64" || kind === "uint64";
  return { kind, suffix, array: isWide ? `Big${suffix}Array` : `${suffix}Array`, elementBytes, isWide };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generate()) {
    const target = new URL(`../src/${path}`, import.meta.url);
    mkdirSync(new URL(".", target), { recursive: true });
    writeFileSync(target, text);
  }
}
