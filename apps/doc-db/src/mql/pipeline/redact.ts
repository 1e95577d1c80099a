/** `$redact`: what of a document is kept, level by level. */
import { type Document, isDocument, setField, type Value } from "../../document/value.ts";
import { fail } from "../error.ts";
import type { Context } from "../expr/compile.ts";
import { compileExpression, contextFor, rootScope } from "../expr/index.ts";
import type { Stage } from "./stage.ts";

/** What the variables are: no value of a document is one of these objects. */
const DECISIONS: Readonly<Record<"DESCEND" | "KEEP" | "PRUNE", Document>> = Object.freeze({
  DESCEND: Object.freeze({ decision: "DESCEND" }),
  KEEP: Object.freeze({ decision: "KEEP" }),
  PRUNE: Object.freeze({ decision: "PRUNE" }),
});

/** @throws LanguageError 17053 when the expression gives anything but `$$KEEP`, `$$PRUNE` and `$$DESCEND` */
export function redact(operand: Value): Stage {
  const names = Object.keys(DECISIONS) as (keyof typeof DECISIONS)[];
  const { scope, slots } = rootScope().with(["CURRENT", ...names]);
  const expression = compileExpression(operand, scope);
  const current = slots[0]!;

  const redactLevel = (level: Document, context: Context): Document | undefined => {
    context.slots[current] = level;
    const decision = expression(context);
    if (decision === DECISIONS.KEEP) return level;
    if (decision === DECISIONS.PRUNE) return undefined;
    if (decision !== DECISIONS.DESCEND) fail(17053, "$redact", decision, "$$KEEP, $$PRUNE or $$DESCEND");
    const kept: Record<string, Value> = {};
    for (const [name, field] of Object.entries(level)) {
      const value = redactValue(field, context);
      if (value !== undefined) setField(kept, name, value);
    }
    return kept;
  };

  const redactValue = (value: Value, context: Context): Value | undefined => {
    if (isDocument(value)) return redactLevel(value, context);
    if (!Array.isArray(value)) return value;
    return (value as readonly Value[])
      .map((element) => redactValue(element, context))
      .filter((element) => element !== undefined);
  };

  return async function* (documents, { now }) {
    for await (const document of documents) {
      const context = contextFor(document, now);
      names.forEach((name, i) => {
        context.slots[slots[i + 1]!] = DECISIONS[name];
      });
      const kept = redactLevel(document, context);
      if (kept !== undefined) yield kept;
    }
  };
}
