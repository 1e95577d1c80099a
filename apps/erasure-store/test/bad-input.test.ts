import { readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { diskVfs } from "@millrace/files";
import { describeBadInput, tempDirectory } from "@millrace/testkit";
import { afterAll } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { BACKENDS } from "./stores.ts";

describeBadInput({
  app: "erasure-store",
  name: "put",
  extension: ".bin",
  args: (input, outputs) => ["put", "--config", join(outputs, "store.yaml"), input],
  goodInput: seededRandom(1).fill(new Uint8Array(3_000_000)),
  takesAnyBytes: true,
  fullDiskBytes: 2 * 1024 * 1024,
  prepare: async (outputs) => {
    const backends = Object.fromEntries(BACKENDS.map((name) => [name, `dir:${name}`]));
    await initStore(diskVfs, join(outputs, "store.yaml"), { backends });
    const store = await openStore(join(outputs, "store.yaml"));
    await store.put("input.bin", [new Uint8Array(1000)]);
  },
});

{
  const place = tempDirectory();
  afterAll(() => place[Symbol.dispose]());
  const backends = Object.fromEntries(BACKENDS.map((name) => [name, `dir:${join(place.path, name)}`]));
  const config = join(place.path, "store.yaml");
  await initStore(diskVfs, config, { backends });
  const store = await openStore(config);
  await store.put("object", [seededRandom(1).fill(new Uint8Array(3_000_000))]);
  const goodInput = new Uint8Array(readFileSync(config));
  describeBadInput({
    app: "erasure-store",
    name: "get, its configuration",
    extension: ".yaml",
    args: (input, outputs) => ["get", "--config", input, "object", join(outputs, "object")],
    goodInput,
    fullDiskBytes: 1024 * 1024,
  });
}
