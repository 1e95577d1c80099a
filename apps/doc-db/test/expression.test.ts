import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compareValues, Decimal128, Double, type Value } from "../src/extras.ts";
import { compileExpression, contextFor } from "../src/mql/expr/index.ts";
import { add } from "../src/mql/number.ts";

/** Made by golden/make-language.py. */
const golden = JSON.parse(readFileSync(new URL("golden/language.json", import.meta.url), "utf8")) as {
  readonly pairs: readonly (readonly [string, string, string, string, string])[];
  readonly singles: readonly (readonly [string, string, string, string, string])[];
  readonly dates: readonly (readonly [number, string, ...(number | string)[]])[];
};

const run = (expression: Value, root: Value = {}): Value | undefined =>
  compileExpression(expression)(contextFor(root, new Date(0)));
const decimal = (text: string): Decimal128 => Decimal128.parse(text);

it("adds, multiplies and divides decimals as Python's decimal does, exponents included", () => {
  for (const [a, b, sum, product, quotient] of golden.pairs) {
    const operands = [decimal(a), decimal(b)];
    expect(String(add(decimal(a), decimal(b))), `${a} + ${b}`).toBe(sum);
    expect(String(run({ $multiply: operands })), `${a} · ${b}`).toBe(product);
    expect(String(run({ $divide: operands })), `${a} / ${b}`).toBe(quotient);
  }
});

it("takes roots, logarithms and powers of e to 34 digits, as Python's decimal does", () => {
  for (const [a, root, ln, small, exp] of golden.singles) {
    expect(compareValues(run({ $sqrt: decimal(a) })!, decimal(root)), `sqrt ${a}`).toBe(0);
    expect(compareValues(run({ $ln: decimal(a) })!, decimal(ln)), `ln ${a}`).toBe(0);
    expect(compareValues(run({ $exp: decimal(small) })!, decimal(exp)), `exp ${small}`).toBe(0);
  }
});

it("takes dates apart in every time zone as Python's datetime does", () => {
  for (const [time, timezone, year, month, day, hour, minute, ...rest] of golden.dates) {
    const [dayOfYear, week, isoYear, isoWeek, isoDay, text] = rest;
    const date = { date: new Date(time), timezone };
    const how = `${time} ${timezone}`;
    expect(run({ $dateToParts: date }), how).toMatchObject({ year, month, day, hour, minute });
    expect(
      run([{ $dayOfYear: date }, { $week: date }, { $isoWeek: date }, { $isoDayOfWeek: date }]),
      how,
    ).toEqual([dayOfYear, week, isoWeek, isoDay]);
    expect(run({ $isoWeekYear: date }), how).toBe(BigInt(isoYear!));
    const format = "%Y-%m-%d %H:%M:%S %z";
    expect(run({ $dateToString: { ...date, format } }), how).toBe(text);
    expect(run({ $dateFromString: { dateString: text!, format } }), how).toEqual(new Date(time));
  }
});

it("gives every decimal back through its text and its sixteen bytes", () => {
  const finite = fc.tuple(
    fc.boolean(),
    fc.bigInt(0n, 10n ** 34n - 1n),
    fc.integer({ min: -6176, max: 6111 }),
  );
  fc.assert(
    fc.property(finite, ([isNegative, coefficient, exponent]) => {
      const value = Decimal128.from(isNegative, coefficient, exponent);
      for (const again of [decimal(String(value)), Decimal128.fromBytes(value.toBytes())]) {
        expect([again.isNegative, again.coefficient, again.exponent]).toEqual([
          isNegative,
          coefficient,
          exponent,
        ]);
      }
    }),
  );
  for (const value of [Decimal128.NaN, Decimal128.INFINITY, Decimal128.NEGATIVE_INFINITY]) {
    expect(String(Decimal128.fromBytes(value.toBytes()))).toBe(String(value));
  }
});

it("keeps the type of numbers: int32 grows to int64, that to double, and a double stays one", () => {
  expect(run({ $add: [2 ** 31 - 1, 1] })).toBe(2n ** 31n);
  expect(run({ $add: [2n ** 63n - 1n, 1] })).toBe(2 ** 63);
  expect(run({ $multiply: [new Double(2), 3] })).toEqual(new Double(6));
  expect(run({ $divide: [6, 3] })).toEqual(new Double(2));
  expect(() => run({ $divide: [1, 0] })).toThrow(/not zero/);
});

it("treats arrays as sets as JavaScript's Set does", () => {
  const list = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 });
  const ascending = (values: Iterable<number>): number[] => [...values].sort((x, y) => x - y);
  fc.assert(
    fc.property(list, list, (a, b) => {
      const [x, y] = [new Set(a), new Set(b)];
      const root = { a, b };
      expect(run({ $setUnion: ["$a", "$b"] }, root)).toEqual(ascending(new Set([...a, ...b])));
      expect(run({ $setIntersection: ["$a", "$b"] }, root)).toEqual(
        ascending([...x].filter((n) => y.has(n))),
      );
      expect(ascending(run({ $setDifference: ["$a", "$b"] }, root) as number[])).toEqual(
        ascending([...x].filter((n) => !y.has(n))),
      );
      expect(run({ $setIsSubset: ["$a", "$b"] }, root)).toBe(a.every((n) => y.has(n)));
      expect(run({ $setEquals: ["$a", "$b"] }, root)).toBe(x.size === y.size && a.every((n) => y.has(n)));
      const reduce = { $reduce: { input: "$a", initialValue: 0, in: { $add: ["$$value", "$$this"] } } };
      expect(run(reduce, root)).toBe(a.reduce((sum, n) => sum + n, 0));
    }),
  );
});
