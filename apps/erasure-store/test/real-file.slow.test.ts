import { createReadStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { newHasher } from "@millrace/compress";
import { diskVfs } from "@millrace/files";
import { isRonomonInstalled } from "@millrace/reed-solomon";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { BACKENDS } from "./stores.ts";

async function sha256Of(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hasher = newHasher("sha256");
  for await (const chunk of chunks) hasher.update(chunk);
  return hasher.digestHex();
}

const families = ["vandermonde", "cauchy", ...((await isRonomonInstalled()) ? ["ronomon-cauchy"] : [])];

it.each(families as ("vandermonde" | "cauchy" | "ronomon-cauchy")[])(
  "gives the whole Node binary back without any two of six directories, %s",
  async (codeFamily) => {
    using directory = tempDirectory();
    const path = (...parts: string[]): string => join(directory.path, ...parts);
    const backends = Object.fromEntries(BACKENDS.map((name) => [name, `dir:${name}`]));
    await initStore(diskVfs, path("store.yaml"), { backends, codeFamily });
    const store = await openStore(path("store.yaml"));
    const { bytes } = await store.put("node", process.execPath);
    expect(bytes).toBe((await stat(process.execPath)).size);
    const expected = await sha256Of(createReadStream(process.execPath));
    await mkdir(path("away"));
    for (const [i, a] of BACKENDS.entries()) {
      for (const b of BACKENDS.slice(i + 1)) {
        for (const name of [a, b]) await rename(path(name), path("away", name));
        expect(await sha256Of(store.get("node"))).toBe(expected);
        for (const name of [a, b]) await rename(path("away", name), path(name));
      }
    }
    expect((await store.verify()).problems).toEqual([]);
  },
);
