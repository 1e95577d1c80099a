/** The `let` of a command: constants that its filters, pipelines and projections know as `$$name`. */
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { checkVariableName } from "../mql/expr/compile.ts";
import { compileExpression, contextFor } from "../mql/expr/index.ts";
import { filterWithVariables, type Variables, withVariables } from "../mql/pipeline/lookup-variables.ts";

/** Puts the values of a command's variables where their names stand. */
export interface LetVariables {
  filter(filter: Document): Document;
  /** Stages, those of updates too. What is no list, an update of operators or a new document, knows no variables. */
  pipeline<T extends Value>(pipeline: T): T;
  projection(projection: Document): Document;
}

const NO_VARIABLES: LetVariables = {
  filter: (filter) => filter,
  pipeline: (pipeline) => pipeline,
  projection: (projection) => projection,
};

/**
 * @param given - names and expressions, which are computed once and see no document; undefined for none
 * @throws LanguageError 14 for what is no object; that of an expression or a name that is wrong
 */
export function letVariables(given: Value | undefined): LetVariables {
  if (given === undefined || given === null) return NO_VARIABLES;
  if (!isDocument(given)) return fail(14, "let", given, "an object of expressions");
  const context = contextFor({}, new Date());
  const variables: Variables = new Map(
    Object.entries(given).map(([name, value]) => {
      checkVariableName(name, true);
      return [name, compileExpression(value)(context)] as const;
    }),
  );
  if (variables.size === 0) return NO_VARIABLES;
  const pipeline = <T extends Value>(stages: T): T =>
    Array.isArray(stages) ? (withVariables(stages as readonly Value[], variables) as Value as T) : stages;
  return {
    filter: (filter) => filterWithVariables(filter, variables),
    pipeline,
    projection: (projection) => pipeline([projection])[0] as Document,
  };
}
