import { type Document, getField, type Value } from "../document/value.ts";
import { distinct } from "../mql/expr/set.ts";
import { parsePath, someAtPath } from "./path.ts";

/** The values at a path of all documents, each once, ascending; of arrays their elements. */
export async function distinctValues(documents: AsyncIterable<Document>, path: string): Promise<Value[]> {
  const found: Value[] = [];
  const parts = parsePath(path);
  for await (const document of documents) {
    someAtPath(getField(document, parts[0]!), parts, 1, (value) => {
      if (Array.isArray(value)) found.push(...(value as readonly Value[]));
      else if (value !== undefined) found.push(value);
      return false;
    });
  }
  return distinct(found);
}
