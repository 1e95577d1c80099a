import { fileURLToPath } from "node:url";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { openRecording } from "@millrace/event-loader";
import { MemoryVfs, readFull } from "@millrace/files";
import { Hdf5Writer } from "@millrace/hdf5";
import { recordingPath, recordingsDirectory } from "@millrace/testkit";
import { tableFromIPC } from "apache-arrow";
import { parquetReadObjects } from "hyparquet";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleForBrowser } from "./bundle.ts";
import { checkBase } from "./checks/base.ts";
import { checkBuffers } from "./checks/buffers.ts";
import { bytesOf, hexOf } from "./checks/bytes.ts";
import { checkCache } from "./checks/cache.ts";
import { checkCodecs } from "./checks/codecs.ts";
import { checkColumnar, ROWS } from "./checks/columnar.ts";
import { checkHash, compressText, isText, TEXT } from "./checks/compress.ts";
import { checkEvents, describe as describeRecording } from "./checks/events.ts";
import { checkFiles } from "./checks/files.ts";
import { checkHdf5 } from "./checks/hdf5.ts";
import { checkMetrics } from "./checks/metrics.ts";
import { checkReedSolomon } from "./checks/reed-solomon.ts";
import { checkStream } from "./checks/stream.ts";
import { findChromium } from "./chromium.ts";
import type { Checks } from "./page.ts";
import { type PageServer, servePage } from "./serve.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath = findChromium();
const reason =
  executablePath === undefined ? " (skipped: no Chromium; install one or set CHROMIUM_PATH)" : "";

if (reason !== "") console.warn(`browser tests${reason}`);

describe.skipIf(executablePath === undefined)(`in headless Chromium${reason}`, () => {
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  const pageErrors: string[] = [];

  beforeAll(async () => {
    server = await servePage(await bundleForBrowser(fileURLToPath(new URL("page.ts", import.meta.url))));
    browser = await chromium.launch({ executablePath: executablePath!, headless: true, args: FLAGS });
    page = await browser.newPage();
    page.on("pageerror", (error) => pageErrors.push(String(error)));
    await page.goto(server.url);
    await page
      .waitForFunction("globalThis.checks !== undefined", undefined, { timeout: 30_000 })
      .catch(() => {
        // What the page said is a better message than that it did not come up.
      });
    expect(pageErrors).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  /** Runs a check in the page; what comes back went through JSON, as on the way it must. */
  async function inPage<K extends keyof Checks>(
    name: K,
    ...args: Parameters<Checks[K]>
  ): Promise<Awaited<ReturnType<Checks[K]>>> {
    const call = `globalThis.checks[${JSON.stringify(name)}](...${JSON.stringify(args)})`;
    const text = await page.evaluate(`Promise.resolve(${call}).then((result) => JSON.stringify(result))`);
    return JSON.parse(text as string);
  }

  async function viaJson(result: unknown): Promise<unknown> {
    return JSON.parse(JSON.stringify(await result));
  }

  it("there is neither Buffer nor process, nor anything else of Node", async () => {
    const types = await page.evaluate(
      "[typeof Buffer, typeof process, typeof require, typeof globalThis.global]",
    );
    expect(types).toEqual(["undefined", "undefined", "undefined", "undefined"]);
  });

  it("the ./browser entries are what bundlers take for the main ones", async () => {
    for (const [name, differences] of Object.entries(await inPage("checkEntries"))) {
      expect(differences, name).toEqual([]);
    }
  });

  it("@millrace/base does as in Node", async () => {
    expect(await inPage("checkBase")).toEqual(await viaJson(checkBase()));
  });

  it("@millrace/buffers does as in Node", async () => {
    expect(await inPage("checkBuffers")).toEqual(await viaJson(checkBuffers()));
  });

  it("@millrace/codecs does as in Node", async () => {
    const found = await inPage("checkCodecs");
    expect(found).toEqual(await viaJson(checkCodecs()));
    expect(found).toMatchObject({
      isUnpacked: true,
      isExpanded: true,
      isUnshuffled: true,
      isSimdTheSame: true,
    });
  });

  it("@millrace/cache does as in Node", async () => {
    expect(await inPage("checkCache")).toEqual(await viaJson(checkCache()));
  });

  it("@millrace/metrics does as in Node", async () => {
    expect(await inPage("checkMetrics")).toEqual(await viaJson(checkMetrics()));
  });

  it("@millrace/files does as in Node, but for the disk", async () => {
    expect(await inPage("checkFiles")).toEqual(await viaJson(checkFiles()));
    expect(await inPage("checkNoDisk")).toBe("FILES_NO_FILE_SYSTEM");
  });

  it("@millrace/stream does as in Node", async () => {
    expect(await inPage("checkStream")).toEqual(await viaJson(checkStream()));
  });

  it("@millrace/compress reads what Node writes, and the reverse; its digests are those of node:crypto", async () => {
    expect(await inPage("checkHash")).toEqual(await viaJson(checkHash()));
    expect(hexOf(gunzipSync(bytesOf(await inPage("compressText", "gzip"))))).toBe(hexOf(TEXT));
    expect(hexOf(inflateSync(bytesOf(await inPage("compressText", "deflate"))))).toBe(hexOf(TEXT));
    expect(await inPage("isText", "gzip", hexOf(gzipSync(TEXT, { level: 9 })))).toBe(true);
    expect(await inPage("isText", "deflate", hexOf(deflateSync(TEXT)))).toBe(true);
    expect(await isText("gzip", await inPage("compressText", "gzip"))).toBe(true);
    expect(await inPage("isText", "deflate", await compressText("deflate"))).toBe(true);
    expect(await inPage("checkRefusals")).toEqual([
      "COMPRESS_OUTPUT_LIMIT",
      "COMPRESS_DATA_CORRUPT",
      "COMPRESS_DATA_CORRUPT",
      "COMPRESS_DATA_CORRUPT",
      "COMPRESS_CODEC_UNAVAILABLE",
    ]);
  });

  it("@millrace/reed-solomon makes Node's parity bytes, and repairs", async () => {
    const found = await inPage("checkReedSolomon");
    expect(found).toEqual(await viaJson(checkReedSolomon()));
    const repaired = { isDamageSeen: true, isRepaired: true, isVerified: true };
    const [plain, wasm] = ["typescript", "wasm"].map((engine) => ({ ...repaired, engine }));
    expect(found).toMatchObject([plain, wasm, plain, wasm]);
  });

  it("@millrace/columnar writes Node's bytes, which other programs read", async () => {
    const files = await inPage("checkColumnar");
    expect(files).toEqual(await checkColumnar());
    const table = tableFromIPC(bytesOf(files[".arrow"]!));
    expect(table.numRows).toBe(ROWS);
    expect(table.schema.metadata.get("width")).toBe("640");
    const parquet = bytesOf(files[".parquet"]!).buffer;
    const rows = await parquetReadObjects({ file: parquet });
    expect(rows.length).toBe(ROWS);
    for (const row of [0, 1, 2999]) {
      const expected = { t: BigInt(row) * 1_000_003n, x: (row * 7) % 640, v: row / 8 };
      expect(table.get(row)?.toJSON()).toEqual(expected);
      expect(rows[row]).toEqual(expected);
    }
  });

  it("@millrace/hdf5 reads what Node writes, chunks that are deflated too", async () => {
    const vfs = new MemoryVfs();
    const writer = await Hdf5Writer.create(vfs, "a.h5");
    writer.root.setAttribute("title", "Zürich");
    const options = { kind: "int32", rowShape: [3], chunkRows: 32, fletcher32: true } as const;
    const rows = writer.root.createGroup("group").createDataset("rows", options);
    await rows.append(Int32Array.from({ length: 300 }, (_, i) => i * i));
    await writer.root.writeDataset("plain", Uint8Array.of(1, 2, 3, 4));
    await writer.close();
    await using file = await vfs.open("a.h5", "r");
    const bytes = new Uint8Array(await file.size());
    await readFull(file, bytes, 0);
    const found = await inPage("checkHdf5", hexOf(bytes));
    expect(found).toEqual(await viaJson(checkHdf5(hexOf(bytes))));
    expect(found).toMatchObject({ title: "Zürich", shape: [100, 3], plain: [2, 3, 4], sum: 8_955_050 });
    expect(await inPage("checkHdf5Sync", hexOf(bytes))).toBe("COMPRESS_CODEC_UNAVAILABLE");
  });

  it("@millrace/event-loader reads a Blob as Node does, and converts it", async () => {
    const found = await inPage("checkEvents");
    expect(found).toEqual(await viaJson(checkEvents()));
    expect(found).toMatchObject({ format: "EVT3", width: 320, height: 240, events: 50_000 });
  });

  it.skipIf(recordingsDirectory === undefined).each(["evt2_sample.raw", "evt3_sample.raw"])(
    "@millrace/event-loader reads the recording %s as Node does (skipped where MILLRACE_DATA is not set)",
    async (name) => {
      const path = `events/${name}`;
      await using recording = await openRecording(recordingPath(path));
      expect(await inPage("checkRecording", `/recordings/${path}`)).toEqual(
        await viaJson(describeRecording(recording)),
      );
    },
  );
});
