import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { valueFromJson } from "../../src/document/extended-json.ts";
import type { Document, Value } from "../../src/document/value.ts";

/** One case of a case file: its kind, the module it comes from, and its fields as values. */
export interface Case {
  readonly kind: string;
  readonly module: string;
  readonly id: string;
  readonly fields: Document;
  /** False when a value of the case is none that a document can hold here. */
  readonly isReadable: boolean;
  /** The number of the error that the operation must fail with. */
  readonly errorCode: number | undefined;
}

/** Reads JSON lines, in gzip or not, of `{ k, m, t }`. */
export function readCases(path: string): Case[] {
  const bytes = readFileSync(path);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const { k, m, t } = JSON.parse(line) as { k: string; m: string; t: Record<string, unknown> };
      const fields: Record<string, Value> = {};
      let isReadable = true;
      for (const [name, value] of Object.entries(t)) {
        try {
          fields[name] = valueFromJson(value);
        } catch {
          isReadable = false;
        }
      }
      const code = fields.error_code;
      const errorCode = code === null || code === undefined ? undefined : Number(code);
      return { kind: k, module: m, id: String(t.id), fields, isReadable, errorCode };
    });
}

/** The operator that a case is about: its module's folder, or what the module's name says. */
export function operatorOf({ module }: Case): string {
  const parts = module.split("/");
  const folder = parts.at(-2) ?? module;
  return ["query", "update", "expressions", "accumulators", "properties"].includes(folder)
    ? parts
        .at(-1)!
        .replace(/^test_/, "")
        .replace(/\.py$/, "")
    : folder;
}
