/** Collations: how strings compare, by locale and strength (MongoDB's fields; done by Intl.Collator). */
import { type Document, isDocument, type Value } from "../document/value.ts";
import { type CompareText, compareStrings, compareValues } from "../keys/compare.ts";
import { fail } from "./error.ts";
import { isNumeric, toNumber } from "./number.ts";

/** Compares two values. */
export type CompareValues = (a: Value, b: Value) => number;

/** A collation that is not the simple one. */
export interface Collation {
  /** All fields, defaults filled in, as `listIndexes` shows them. */
  readonly spec: Document;
  readonly compareText: CompareText;
  readonly compare: CompareValues;
  /** A text that is the same for all texts that compare equal, and perhaps for some that do not. */
  readonly fold: (text: string) => string;
}

const SENSITIVITIES = ["base", "accent", "variant", "variant", "variant"] as const;
const SWITCHES = ["caseLevel", "numericOrdering", "normalization", "backwards"] as const;
const CHOICES = {
  caseFirst: ["off", "upper", "lower"],
  alternate: ["non-ignorable", "shifted"],
  maxVariable: ["punct", "space"],
} as const;
const FIELDS = ["locale", "strength", "version", ...SWITCHES, ...Object.keys(CHOICES)];

/** @returns undefined for the simple collation @throws LanguageError 2, 14, 40414 or 40415 */
export function parseCollation(value: Value | undefined): Collation | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isDocument(value)) return fail(14, "collation", value, "an object");
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) fail(40415, "collation", unknown, `one of ${FIELDS.join(", ")}`);
  const { locale } = value;
  if (locale === undefined) return fail(40414, "collation", value, "a locale");
  if (typeof locale !== "string") return fail(14, "collation locale", locale, "a string");
  const strength = strengthOf(value.strength);
  const spec: Record<string, Value> = { locale };
  for (const [name, fallback] of [
    ["caseLevel", false],
    ["caseFirst", "off"],
    ["strength", strength],
    ["numericOrdering", false],
    ["alternate", "non-ignorable"],
    ["maxVariable", "punct"],
    ["normalization", false],
    ["backwards", false],
  ] as const) {
    spec[name] = name === "strength" ? strength : (value[name] ?? fallback);
  }
  for (const name of SWITCHES)
    if (typeof spec[name] !== "boolean") fail(14, `collation ${name}`, spec[name], "a boolean");
  for (const [name, known] of Object.entries(CHOICES)) {
    if (typeof spec[name] !== "string") fail(14, `collation ${name}`, spec[name], "a string");
    if (!(known as readonly Value[]).includes(spec[name]!))
      fail(2, `collation ${name}`, spec[name], `one of ${known.join(", ")}`);
  }
  spec.version = "57.1";
  if (locale === "simple") return undefined;
  return { spec, ...comparisonsOf(spec, collatorOf(locale, strength, spec)) };
}

function strengthOf(value: Value | undefined): number {
  if (value === undefined || value === null) return 3;
  if (!isNumeric(value)) return fail(14, "collation strength", value, "a number");
  const strength = toNumber(value);
  return Number.isInteger(strength) && strength >= 1 && strength <= 5
    ? strength
    : fail(2, "collation strength", value, "an integer from 1 to 5");
}

function collatorOf(locale: string, strength: number, spec: Document): Intl.Collator {
  const tag = locale.replace("_", "-");
  try {
    if (Intl.Collator.supportedLocalesOf([tag]).length === 1) {
      return new Intl.Collator(tag, {
        sensitivity: spec.caseLevel === true && strength === 1 ? "case" : SENSITIVITIES[strength - 1]!,
        numeric: spec.numericOrdering === true,
        caseFirst: spec.caseFirst === "off" ? "false" : (spec.caseFirst as "upper" | "lower"),
        ignorePunctuation: spec.alternate === "shifted",
      });
    }
  } catch {
    // Not even the form of a locale: the same error.
  }
  return fail(2, "collation locale", locale, "a locale that is known");
}

function comparisonsOf(spec: Document, collator: Intl.Collator): Omit<Collation, "spec"> {
  // Strength 5 tells all texts apart.
  const compareText: CompareText =
    spec.strength === 5
      ? (a, b) => collator.compare(a, b) || compareStrings(a, b)
      : (a, b) => collator.compare(a, b);
  return { compareText, compare: (a, b) => compareValues(a, b, compareText), fold: foldText };
}

/** Without marks, case, signs and leading zeros: coarser than any collation, as what has the same fold is compared. */
function foldText(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .replaceAll("ı", "i")
    .replaceAll(/0+(?=\d)/g, "");
}

let active: Collation | undefined;

/** Compiles filters and expressions whose strings compare by a collation. */
export function withCollation<T>(collation: Collation | undefined, compile: () => T): T {
  const before = active;
  active = collation;
  try {
    return compile();
  } finally {
    active = before;
  }
}

/** How values compare in what is being compiled. */
export function activeComparison(): CompareValues {
  return active?.compare ?? plainValues;
}

/** By code points, without a collation. */
export const plainValues: CompareValues = (a, b) => compareValues(a, b);

/** Whether two collations compare alike. */
export function isSameCollation(a: Collation | undefined, b: Collation | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && compareValues(a.spec, b.spec) === 0);
}
