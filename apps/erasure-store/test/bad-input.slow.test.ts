import { readFileSync } from "node:fs";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";
import { describeBadInput, tempDirectory } from "@millrace/testkit";
import { afterAll } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { BACKENDS } from "./stores.ts";

// The verbs that read nothing but the configuration and the store.
const place = tempDirectory();
afterAll(() => place[Symbol.dispose]());
const backends = Object.fromEntries(BACKENDS.map((name) => [name, `dir:${join(place.path, name)}`]));
const config = join(place.path, "store.yaml");
await initStore(diskVfs, config, { backends });
const store = await openStore(config);
await store.put("object", [new Uint8Array(1000)]);
const goodInput = new Uint8Array(readFileSync(config));

for (const [verb, ...args] of [["ls"], ["verify"], ["rm", "object"]] as const) {
  describeBadInput({
    app: "erasure-store",
    name: `${verb}, its configuration`,
    extension: ".yaml",
    args: (input) => [verb, "--config", input, ...args],
    goodInput,
    prepare: async () => {
      await store.put("object", [new Uint8Array(1000)]);
    },
  });
}
