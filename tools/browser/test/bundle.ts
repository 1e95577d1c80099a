import { isBuiltin } from "node:module";
import { type Plugin, rolldown } from "rolldown";

/** An import of a Node module is no warning here: it is what this is about. */
const noNode: Plugin = {
  name: "no-node",
  resolveId: (id, importer) => {
    if (isBuiltin(id)) throw new Error(`${importer ?? "the page"} imports ${id}, which no browser has`);
  },
};

/**
 * Makes one module for a browser of `input` and all that it imports.
 * @throws Error when something of it imports a module of Node, or one that is not there
 */
export async function bundleForBrowser(input: string): Promise<string> {
  await using bundle = await rolldown({
    input,
    platform: "browser",
    resolve: { conditionNames: ["@millrace/source", "browser", "import"] },
    plugins: [noNode],
    onLog: (level, log, handle) => handle(level === "warn" ? "error" : level, log),
  });
  const { output } = await bundle.generate({ format: "es", codeSplitting: false });
  return output[0].code;
}
