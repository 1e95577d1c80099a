import { type FieldNames, listFieldNames, MAX_LISTED_FIELDS } from "./field-names.ts";

/** Objects of the same names that are met before their names become a list: one of a kind gets none. */
const LIST_AFTER = 4;
/** Steps that are remembered; documents whose names are data would make ever more of them. */
const MAX_STEPS = 16_384;

/** Where the names of an object lead to, one after the other. */
interface Step {
  readonly next: Map<string, Step>;
  /** The step taken last, which is often the next one too. */
  lastName: string;
  last: Step | undefined;
  seen: number;
  /** null: these names are no list, and will be none. */
  list: FieldNames | null | undefined;
}

const newStep = (): Step => ({ next: new Map(), lastName: "", last: undefined, seen: 0, list: undefined });
let first = newStep();
let steps = 0;

/**
 * The list of an object's names, once objects of these names have been met a few times.
 * @param encode - a name as lists have it: with its length in front
 */
export function namesListOf(
  names: readonly string[],
  encode: (name: string) => Uint8Array,
): FieldNames | undefined {
  if (names.length > MAX_LISTED_FIELDS) return undefined;
  let step = first;
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    step = step.lastName === name && step.last !== undefined ? step.last : stepTo(step, name);
  }
  if (step.list !== undefined) return step.list ?? undefined;
  if (++step.seen < LIST_AFTER) return undefined;
  step.list = listFieldNames(Buffer.concat(names.map(encode))) ?? null;
  return step.list ?? undefined;
}

function stepTo(from: Step, name: string): Step {
  let next = from.next.get(name);
  if (next === undefined) {
    if (++steps > MAX_STEPS) {
      // Begun again: who goes on from here comes to steps that nobody finds any more.
      first = newStep();
      steps = 0;
    }
    next = newStep();
    from.next.set(name, next);
  }
  from.lastName = name;
  from.last = next;
  return next;
}
