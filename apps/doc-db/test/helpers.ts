import type { SeededRandom } from "@millrace/base";
import { MemoryVfs, type Vfs } from "@millrace/files";
import type { Collection } from "../src/collection.ts";
import { Binary, BSONRegExp, Code, Double, MaxKey, MinKey, Timestamp } from "../src/document/bson-types.ts";
import { Decimal128 } from "../src/document/decimal128.ts";
import type { Document, Value } from "../src/document/value.ts";
import { type Database, encodeKey } from "../src/extras.ts";

/** A value of one of BSON's rarer types. */
function rareValue(random: SeededRandom): Value {
  const small = random.nextInt(-3, 3);
  const values: Value[] = [
    new Double(small),
    Decimal128.parse(String(small / 2)),
    new Binary(random.fill(new Uint8Array(random.nextInt(0, 2))), random.nextInt(1, 5)),
    new Timestamp(small + 3, small + 3),
    new BSONRegExp(`^${small}`, small > 0 ? "im" : ""),
    new Code(`f(${small})`),
    new Code("f()", { a: small }),
    new MinKey(),
    new MaxKey(),
  ];
  return values[random.nextInt(0, values.length - 1)]!;
}

/** A field value of any type; small ranges, so that values meet. */
export function randomValue(random: SeededRandom, depth = 0): Value {
  if (random.next() < 0.15) return rareValue(random);
  switch (random.nextInt(0, depth < 2 ? 12 : 9)) {
    case 0:
      return null;
    case 1:
      return random.next() < 0.5;
    case 2:
    case 3:
      return random.nextInt(-5, 5);
    case 4:
      return random.nextInt(-50, 50) / 10;
    case 5:
      return BigInt(random.nextInt(-5, 5)) * (random.next() < 0.5 ? 1n : 2n ** 55n + 1n);
    case 6:
      return ["", "a", "ab", "a\0", "b", "é", "\u{1f600}", "\uffff", "x".repeat(600)][random.nextInt(0, 8)]!;
    case 7:
      return new Date(random.nextInt(-3, 3) * 1000);
    case 8:
      return random.fill(new Uint8Array(random.nextInt(0, 2)));
    case 9:
      return [Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 1e300][
        random.nextInt(0, 5)
      ]!;
    case 10:
    case 11:
      return Array.from({ length: random.nextInt(0, 3) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.nextInt(0, 3) }, () => [
          "abc"[random.nextInt(0, 2)]!,
          randomValue(random, depth + 1),
        ]),
      );
  }
}

/** A value as a string that is equal for equal `_id`s. */
export function idText(id: Value): string {
  return Buffer.from(encodeKey(id)).toString("hex");
}

/** Every document of a collection, by {@link idText}. */
export async function contentOf(
  collection: Collection,
  filter: Document = {},
): Promise<Map<string, Document>> {
  const content = new Map<string, Document>();
  for await (const document of collection.find(filter)) content.set(idText(document._id!), document);
  return content;
}

/** Whether an error is one that a failing disk explains; a broken invariant, or damage that was found, is not. */
export function isDiskFailure(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code);
  return /^(FILES_|WAL_LOG_|DOCDB_(DATABASE|KEY)_)/.test(code);
}

/** Closes what a failing disk left open. @throws the error, where the disk does not explain it */
export async function endAfterFailure(
  opened: Database | undefined,
  error: unknown,
  how: string,
): Promise<void> {
  // What runs on would keep the file from being opened again.
  await opened?.close().catch(() => {});
  // With the power off what would clean up fails, too.
  const first = error instanceof SuppressedError ? (error.suppressed as unknown) : error;
  if (!isDiskFailure(first)) throw new Error(how, { cause: error });
}

/** Metres between two places by the haversine formula, as navigators have it: another way than ours. */
export function haversine([lon1, lat1]: readonly number[], [lon2, lat2]: readonly number[]): number {
  const rad = Math.PI / 180;
  const sine = (degrees: number): number => Math.sin((degrees * rad) / 2) ** 2;
  const h = sine(lat2! - lat1!) + Math.cos(lat1! * rad) * Math.cos(lat2! * rad) * sine(lon2! - lon1!);
  return 2 * 6_378_100 * Math.asin(Math.sqrt(h));
}

/** What a process that ended now would leave of the database `t.db`: without its lock. */
export async function leftOf(vfs: Vfs): Promise<MemoryVfs> {
  const copy = new MemoryVfs();
  await copy.makeDirectory("t.db-wal");
  for (const directory of [".", "t.db-wal"]) {
    for (const { name, kind } of await vfs.list(directory)) {
      if (kind !== "file" || name.endsWith(".lock")) continue;
      const path = directory === "." ? name : `${directory}/${name}`;
      await using from = await vfs.open(path, "r");
      const bytes = new Uint8Array(await from.size());
      await from.read(bytes, 0);
      await using to = await copy.open(path, "create");
      await to.write(bytes, 0);
    }
  }
  return copy;
}
