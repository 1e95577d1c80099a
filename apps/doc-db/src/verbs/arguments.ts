/** What several verbs take from their command line. */
import { UsageError } from "@millrace/cli";
import type { Database } from "../database.ts";
import { documentFromJson, valueFromJson } from "../document/extended-json.ts";
import type { Document, Value } from "../document/value.ts";

/** @throws UsageError for text that is no JSON object */
export function parseObject(what: string, text: string): Document {
  return documentFromJson(parseJson(what, text, `object such as '{"field": 1}'`));
}

/** @throws UsageError for text that is no JSON array of objects */
export function parsePipeline(text: string): Document[] {
  const example = `array of stages such as '[{"$match": {"field": 1}}]'`;
  const value: Value = valueFromJson(parseJson("pipeline", text, example));
  if (Array.isArray(value)) return value as Document[];
  throw new UsageError(`pipeline: expected a JSON ${example}`);
}

/** @throws UsageError that names the collections when there is none of that name */
export async function checkCollection(db: Database, name: string): Promise<void> {
  if (await db.hasCollection(name)) return;
  const names = (await db.stats()).collections.map((collection) => collection.name).join(", ") || "none";
  throw new UsageError(`--collection: ${db.path} has no collection "${name}"; there are: ${names}`);
}

function parseJson(what: string, text: string, example: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${what}: ${problem}; expected a JSON ${example}, in quotes for the shell`);
  }
}

/** Makes a parser for an option that takes one of some words. */
export function oneOf<T extends string>(flag: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new UsageError(`${flag}: got "${text}", expected one of ${words.join(", ")}`);
  };
}
