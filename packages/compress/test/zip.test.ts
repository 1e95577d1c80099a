import { spawnSync } from "node:child_process";
import { isMillraceError, seededRandom } from "@millrace/base";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readZip, writeZip } from "../src/index.ts";

// By Python's zipfile: "a.txt" stored with "hello", "b/c.bin" deflated with 300 zeros.
const PYTHON_ZIP = Buffer.from(
  "UEsDBBQAAAAAAAAAIQCGphA2BQAAAAUAAAAFAAAAYS50eHRoZWxsb1BLAwQUAAAACAAAACEA0o80tQcAAAAsAQAABwAAAGIvYy5iaW5jYBgFxAIAUEsBAhQDFAAAAAAAAAAhAIamEDYFAAAABQAAAAUAAAAAAAAAAAAAAIABAAAAAGEudHh0UEsBAhQDFAAAAAgAAAAhANKPNLUHAAAALAEAAAcAAAAAAAAAAAAAAIABKAAAAGIvYy5iaW5QSwUGAAAAAAIAAgBoAAAAVAAAAAAA",
  "base64",
);

describe("readZip", () => {
  it("reads what Python's zipfile wrote, stored and deflated", () => {
    const files = readZip(new Uint8Array(PYTHON_ZIP), 1000);
    expect([...files.keys()]).toEqual(["a.txt", "b/c.bin"]);
    expect(new TextDecoder().decode(files.get("a.txt"))).toBe("hello");
    expect(files.get("b/c.bin")).toEqual(new Uint8Array(300));
  });

  it("takes no more memory than it was allowed", () => {
    const bomb = zipSync({ zeros: new Uint8Array(10_000_000) });
    expect(bomb.length).toBeLessThan(20_000);
    expect(() => readZip(bomb, 9_999_999)).toThrow(/zip output/);
    expect(readZip(bomb, 10_000_000).get("zeros")).toHaveLength(10_000_000);
  });

  it("refuses what is cut off, damaged or no archive", () => {
    const bytes = new Uint8Array(PYTHON_ZIP);
    for (let length = 0; length < bytes.length - 1; length++) {
      expect(() => readZip(bytes.subarray(0, length), 1000)).toThrow(/COMPRESS|ZIP archive/);
    }
    const random = seededRandom(7);
    for (let round = 0; round < 500; round++) {
      const damaged = bytes.slice();
      damaged[random.nextInt(0, bytes.length - 1)] = random.nextInt(0, 255);
      try {
        readZip(damaged, 1 << 20);
      } catch (error) {
        expect(isMillraceError(error), String(error)).toBe(true);
      }
    }
  });
});

describe("writeZip", () => {
  const files = new Map([
    ["a.txt", new TextEncoder().encode("hello")],
    ["b/zeros.bin", new Uint8Array(100_000)],
    ["none", new Uint8Array(0)],
  ]);

  it.each([0, 1, 9])("gives back what went in (level %i), the same bytes each time", (level) => {
    const archive = writeZip(files, level);
    expect(readZip(archive, 1e6)).toEqual(files);
    expect(writeZip(files, level)).toEqual(archive);
    if (level > 0) expect(archive.length).toBeLessThan(1000);
  });

  it("refuses levels that deflate has not", () => {
    expect(() => writeZip(files, 10)).toThrow("level");
  });

  it("is read by Python's zipfile, which checks the sums", ({ skip }) => {
    const script = [
      "import io, sys, zipfile",
      "z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))",
      "print(z.testzip(), [(i.filename, i.file_size) for i in z.infolist()])",
    ].join("\n");
    const { status, stdout } = spawnSync("python3", ["-c", script], {
      encoding: "utf8",
      input: writeZip(files),
    });
    if (status === null) return skip("python3 is not there");
    expect(stdout.trim()).toBe("None [('a.txt', 5), ('b/zeros.bin', 100000), ('none', 0)]");
  });
});
