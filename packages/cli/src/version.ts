import { readFileSync } from "node:fs";

/**
 * The version in the package.json above a module of `src` or `dist`.
 * @param moduleUrl - the module's `import.meta.url`
 */
export function readVersion(moduleUrl: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", moduleUrl), "utf8"));
  return String((manifest as { version?: unknown }).version);
}
