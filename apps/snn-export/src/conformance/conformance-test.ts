import { MillraceError } from "@millrace/base";

/** One behaviour that is checked: `run` throws when it is not there. */
export interface ConformanceTest {
  /** A sentence, for the name of a test. */
  readonly name: string;
  run(): Promise<void>;
}

/** A plugin does not keep a promise. */
export class ConformanceError extends MillraceError {
  constructor(message: string) {
    super("SNN_CONFORMANCE_BROKEN", message);
    this.name = "ConformanceError";
  }
}

/** @throws ConformanceError unless it holds */
export function requireThat(holds: boolean, problem: string): void {
  if (!holds) throw new ConformanceError(problem);
}

/** @throws ConformanceError unless both are the same, NaN and -0 included; arrays and typed arrays by their elements */
export function requireEqual(found: unknown, expected: unknown, what: string): void {
  const difference = differenceOf(found, expected);
  if (difference !== undefined) throw new ConformanceError(`${what}${difference}`);
}

function differenceOf(found: unknown, expected: unknown): string | undefined {
  if (Object.is(found, expected)) return undefined;
  const areObjects =
    typeof found === "object" && typeof expected === "object" && found !== null && expected !== null;
  if (!areObjects || found.constructor !== expected.constructor)
    return ` is ${describe(found)}, expected ${describe(expected)}`;
  const foundKeys = Object.keys(found);
  const expectedKeys = Object.keys(expected);
  if (foundKeys.length !== expectedKeys.length)
    return ` has ${foundKeys.length} members, expected ${expectedKeys.length}`;
  for (const key of expectedKeys) {
    const difference = differenceOf(found[key as keyof object], expected[key as keyof object]);
    if (difference !== undefined) return `.${key}${difference}`;
  }
  return undefined;
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : JSON.stringify(value);
}
