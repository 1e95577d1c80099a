import { InvalidArgumentError } from "./errors.ts";

/**
 * Fills `given` up with `defaults` and rejects unknown keys by name, with the nearest known one.
 *
 * @param scope - names the owner in the message and the code: "wal" gives `WAL_OPTION_UNKNOWN`
 * @throws InvalidArgumentError for a key that `defaults` does not have
 * @example
 * resolveOptions("wal", { segmentBytes: 4096 }, {}); // { segmentBytes: 4096 }
 */
export function resolveOptions<Filled extends object>(
  scope: string,
  defaults: Filled,
  given: { readonly [K in keyof Filled]?: Filled[K] | undefined } = {},
): Filled {
  const filled = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    if (!(key in defaults)) {
      const known = Object.keys(defaults);
      const hint = nearestName(key, known);
      throw new InvalidArgumentError(
        `${scopeCode(scope)}_OPTION_UNKNOWN`,
        `${scope} option`,
        key,
        hint === undefined ? `one of ${known.join(", ")}` : `"${hint}", perhaps`,
      );
    }
    if (value !== undefined) filled[key as keyof Filled] = value as Filled[keyof Filled];
  }
  return filled;
}

/**
 * Checks one integer option against its range.
 * @returns the value, so that a check can stand in an assignment
 * @throws InvalidArgumentError when it is not an integer in [lo, hi]
 */
export function checkInteger(scope: string, name: string, value: unknown, lo: number, hi: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= lo && value <= hi) return value;
  throw new InvalidArgumentError(
    `${scopeCode(scope)}_OPTION_RANGE`,
    `${scope} ${name}`,
    value,
    `an integer from ${lo} to ${hi}`,
  );
}

/**
 * Checks one option that takes one of a few words or numbers.
 * @throws InvalidArgumentError when it is none of them
 */
export function checkOneOf<T extends string | number>(
  scope: string,
  name: string,
  value: unknown,
  allowed: readonly T[],
): T {
  if ((allowed as readonly unknown[]).includes(value)) return value as T;
  throw new InvalidArgumentError(
    `${scopeCode(scope)}_OPTION_VALUE`,
    `${scope} ${name}`,
    value,
    `one of ${allowed.join(", ")}`,
  );
}

/** The name of `known` with the fewest edits from `name`, or undefined when none is near (over a third changed). */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function scopeCode(scope: string): string {
  return scope.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
