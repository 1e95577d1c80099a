/** What expressions may take: without it a few nested loops would end the whole process. */
import type { Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import type { Context } from "./compile.ts";

/** Elements of arrays and turns of loops that one document may cost; a text counts as a sixteenth of its length. */
const MAX_STEPS = 16_000_000;
const CHARACTERS_A_STEP = 16;

/** Counts a turn of a loop. @throws LanguageError 146 when there have been too many */
export function countStep(context: Context): void {
  if (++context.steps > MAX_STEPS) exceeded(context.steps);
}

/** Counts what an operator has made. @throws LanguageError 146 when it was too much altogether */
export function counted(context: Context, made: Value | undefined): Value | undefined {
  if (Array.isArray(made)) context.steps += made.length;
  else if (typeof made === "string") context.steps += Math.floor(made.length / CHARACTERS_A_STEP);
  else return made;
  return context.steps > MAX_STEPS ? exceeded(context.steps) : made;
}

function exceeded(steps: number): never {
  return fail(146, "expression", steps, `at most ${MAX_STEPS} elements and turns of loops for one document`);
}
