import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { expect, it } from "vitest";
import { compileFilter, Database, type Document, matchesDocument } from "../src/extras.ts";
import { haversine } from "./helpers.ts";

it("finds what is near in the order of its distance, as the haversine formula has it", async () => {
  const random = seededRandom(3);
  await using db = await Database.open("g.db", { vfs: new MemoryVfs() });
  const places = db.collection("places");
  const documents = Array.from({ length: 300 }, (_, _id) => ({
    _id,
    at: { type: "Point", coordinates: [random.nextInt(-1800, 1800) / 10, random.nextInt(-900, 900) / 10] },
  }));
  await places.insertMany(documents);
  const centre = [10, 50];
  const metres = ({ at }: (typeof documents)[number]): number => haversine(centre, at.coordinates);
  const $geometry = { type: "Point", coordinates: centre };
  const found = await places
    .find({ at: { $near: { $geometry, $minDistance: 1_000_000, $maxDistance: 5_000_000 } } })
    .toArray();
  const expected = documents
    .filter((document) => metres(document) >= 1_000_000 && metres(document) <= 5_000_000)
    .sort((a, b) => metres(a) - metres(b));
  expect(expected.length).toBeGreaterThan(10);
  expect(found.map(({ _id }) => _id)).toEqual(expected.map(({ _id }) => _id));
});

it("tells what is inside of a small square on the sphere as a plane square does, and holes are outside", () => {
  const random = seededRandom(4);
  const ring = (size: number): number[][] => [
    [-size, -size],
    [size, -size],
    [size, size],
    [-size, size],
    [-size, -size],
  ];
  const $geometry = { type: "Polygon", coordinates: [ring(1), ring(0.4)] };
  const filter = compileFilter({ at: { $geoWithin: { $geometry } } } as Document);
  for (let i = 0; i < 500; i++) {
    const [x, y] = [random.nextInt(-150, 150) / 100 + 0.003, random.nextInt(-150, 150) / 100 + 0.003];
    const far = Math.max(Math.abs(x), Math.abs(y));
    // The sides of a square on the sphere bend by less than this.
    if (Math.abs(far - 1) < 0.002 || Math.abs(far - 0.4) < 0.002) continue;
    expect(matchesDocument(filter, { at: [x, y] }), `${x} ${y}`).toBe(far < 1 && far > 0.4);
  }
});
