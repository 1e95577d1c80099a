import { inflateSync } from "node:zlib";
import { expect, it } from "vitest";
import { heatMapPng } from "../src/index.ts";

/** Reads an 8-bit RGB PNG without row filters: signature, chunks, inflate. Independent of the library that wrote it. */
function readPng(png: Uint8Array): { width: number; height: number; rows: Uint8Array[] } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  let width = 0;
  let height = 0;
  const data: Uint8Array[] = [];
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === "IHDR") {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      expect([png[at + 16], png[at + 17]]).toEqual([8, 2]);
    }
    if (type === "IDAT") data.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(data));
  const rows = Array.from({ length: height }, (_, y) => {
    const start = y * (width * 3 + 1);
    expect(raw[start]).toBe(0);
    return new Uint8Array(raw.subarray(start + 1, start + 1 + width * 3));
  });
  return { width, height, rows };
}

it("draws the smallest value darkest and the largest brightest, cell by cell", () => {
  const png = readPng(heatMapPng([0, 1, 2, 4], 2, 2, { scale: "linear", cellPixels: 3 }));
  expect(png).toMatchObject({ width: 6, height: 6 });
  expect([...png.rows[0]!.subarray(0, 3)]).toEqual([68, 1, 84]);
  expect([...png.rows[5]!.subarray(15)]).toEqual([253, 231, 37]);
  expect([...png.rows[2]!.subarray(6, 9)]).toEqual([...png.rows[0]!.subarray(0, 3)]);
});

it("draws all zeros, negative values and NaN as the darkest colour", () => {
  const png = readPng(heatMapPng([0, -5, Number.NaN], 3, 1));
  expect([...png.rows[0]!]).toEqual([68, 1, 84, 68, 1, 84, 68, 1, 84]);
});

it("refuses a shape that does not fit", () => {
  expect(() => heatMapPng([1, 2, 3], 2, 2)).toThrow('heat map shape: got "2 x 2", expected 3 cells');
  expect(() => heatMapPng([], 0, 0)).toThrow("heat map shape");
});
