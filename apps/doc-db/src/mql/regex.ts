/** Regular expressions of PCRE's syntax, as far as JavaScript's can stand for them. */
import { fail } from "./error.ts";

/** Longest pattern in UTF-16 units. */
const MAX_PATTERN = 16_764;
/** Longest text that a pattern with nested repeats is tried on. */
const MAX_RISKY_TEXT = 200;
const CACHE = new Map<string, (text: string) => boolean>();
const MAX_CACHED = 256;

/**
 * A test of texts. Patterns that could take exponential time are refused on longer texts.
 * @throws LanguageError 51091 for a pattern that is none, 51108 for an option that is none
 */
export function compileRegex(pattern: string, options: string): (text: string) => boolean {
  const key = `${options}/${pattern}`;
  const known = CACHE.get(key);
  if (known !== undefined) return known;
  const test = build(pattern, options);
  if (CACHE.size >= MAX_CACHED) CACHE.clear();
  CACHE.set(key, test);
  return test;
}

function build(pattern: string, options: string): (text: string) => boolean {
  const bad = [...options].find((option) => !"imsxu".includes(option));
  if (bad !== undefined) fail(51108, "regex option", bad, 'one of "imsxu"');
  if (pattern.length > MAX_PATTERN || pattern.includes("\0"))
    fail(51091, "regex", pattern, `at most ${MAX_PATTERN} characters, none of them NUL`);
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  const flags = new Set(`${options}${inline?.[1] ?? ""}`);
  let source = inline === null ? pattern : pattern.slice(inline[0].length);
  if (flags.has("x"))
    source = source.replace(/\\.|\[(?:\\.|[^\]])*\]|#[^\n]*|\s+/gs, (part) =>
      /^[\s#]/.test(part) ? "" : part,
    );
  source = fromPcre(
    source.replace(/^(\(\*UTF8?\))*\(\*UCP\)(\(\*UTF8?\))*/, UCP).replace(/^(\(\*UTF8?\))+/, ""),
  );
  const regex = toRegExp(pattern, source, [...flags].filter((flag) => "ims".includes(flag)).join(""));
  const isRisky = hasNestedRepeat(source);
  return (text) => {
    if (isRisky && text.length > MAX_RISKY_TEXT)
      fail(51156, "regex", pattern, `no repeat inside a repeat for texts above ${MAX_RISKY_TEXT} characters`);
    return regex.test(text);
  };
}

/** Stands in front of a pattern whose \\w, \\d and \\b are to know all letters. */
const UCP = "\0";
const WORD = "[\\p{L}\\p{N}_]";

function withUnicodeClasses(source: string): string {
  if (!source.startsWith(UCP)) return source;
  const boundary = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;
  return source.slice(1).replace(/\\[wdb]/g, (sequence) => {
    if (sequence === "\\w") return WORD;
    return sequence === "\\d" ? "\\p{Nd}" : boundary;
  });
}

/** PCRE's spellings that JavaScript has others for. */
function fromPcre(source: string): string {
  const classes: Readonly<Record<string, string>> = {
    alpha: "a-zA-Z",
    digit: "0-9",
    alnum: "a-zA-Z0-9",
    upper: "A-Z",
    lower: "a-z",
    space: "\\s",
    punct: "!-\\/:-@\\[-`{-~",
    xdigit: "0-9a-fA-F",
    word: "\\w",
  };
  return withUnicodeClasses(source)
    .replace(/\[:(\w+):\]/g, (whole, name: string) => classes[name] ?? whole)
    .replace(/\\A/g, "^")
    .replace(/\\[zZ]/g, "$")
    .replace(/\\h/g, "[ \\t]")
    .replace(/\(\?P</g, "(?<")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
    .replace(/\(\?>/g, "(?:")
    .replace(/\\p\{([A-Z][a-z]{2,})\}/g, "\\p{Script=$1}")
    .replace(/([*+?]|\{\d+,?\d*\})\+/g, "$1");
}

function toRegExp(pattern: string, source: string, flags: string): RegExp {
  for (const mode of [`${flags}u`, flags]) {
    try {
      return new RegExp(source, mode);
    } catch {
      // Tried again without Unicode mode, which is stricter about escapes.
    }
  }
  return fail(51091, "regex", pattern, "a regular expression");
}

/** Whether a repeated group holds a repeat: what catastrophic backtracking needs. */
function hasNestedRepeat(source: string): boolean {
  return (
    /\((?:[^()\\]|\\.)*(?:[*+]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)(?:[*+]|\{\d+,\d*\})/.test(source) ||
    /\((?:[^()\\]|\\.)*\|(?:[^()\\]|\\.)*\)[*+]/.test(source)
  );
}
