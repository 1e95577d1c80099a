/** Wildcard indexes: which paths they hold, and what of a document. */
import { type Document, isDocument, type Value } from "../document/value.ts";

/** The paths of a wildcard index. */
export interface WildcardScope {
  /** The path before `.$**`; empty for the whole document. */
  readonly root: string;
  /** Paths kept or left out by `wildcardProjection`; undefined without one. */
  readonly kept: readonly string[] | undefined;
  readonly dropped: readonly string[] | undefined;
}

/** @param projection - checked before: all kept or all left out, but for `_id` */
export function wildcardScope(path: string, projection: Document | undefined): WildcardScope {
  const root = path === "$**" ? "" : path.slice(0, -".$**".length);
  if (root !== "") return { root, kept: undefined, dropped: undefined };
  const flags = projection === undefined ? [] : flatten(projection, "");
  const keepsId = flags.some(([name, isKept]) => name === "_id" && isKept);
  const others = flags.filter(([name]) => name !== "_id");
  const isInclusion = others.length === 0 ? keepsId : others[0]![1];
  if (isInclusion) {
    return { root, kept: [...others.map(([name]) => name), ...(keepsId ? ["_id"] : [])], dropped: undefined };
  }
  return { root, kept: undefined, dropped: [...others.map(([name]) => name), ...(keepsId ? [] : ["_id"])] };
}

/** Dotted paths of a projection, with what it says about them. */
export function flatten(projection: Document, prefix: string): [string, boolean][] {
  return Object.entries(projection).flatMap(([name, value]): [string, boolean][] =>
    isDocument(value) && Object.keys(value).length > 0
      ? flatten(value, `${prefix}${name}.`)
      : [[prefix + name, value !== 0 && value !== false && value !== 0n && Number(value as number) !== 0]],
  );
}

/** Whether the index holds the values of a path, so that it can answer for it. */
export function holdsPath(scope: WildcardScope, path: string): boolean {
  // A number may stand for an element of an array, whose path has none in the index.
  if (path.split(".").some((part) => /^\d+$/.test(part))) return false;
  if (scope.root !== "") return isUnder(path, scope.root);
  if (scope.kept !== undefined) return scope.kept.some((kept) => isUnder(path, kept));
  return !scope.dropped!.some((dropped) => isUnder(path, dropped) || isUnder(dropped, path));
}

/** Gives each leaf's path and value; the elements of arrays, empty arrays and empty objects are leaves. */
export function eachWildcardValue(
  scope: WildcardScope,
  document: Document,
  take: (path: string, value: Value) => void,
): boolean {
  let hasArray = false;
  const walk = (value: Value, path: string): void => {
    if (path !== "" && !mayHold(scope, path)) return;
    if (Array.isArray(value) && value.length > 0) {
      hasArray = true;
      for (const element of value as readonly Value[]) {
        if (isDocument(element) && Object.keys(element).length > 0) walkFields(element, path);
        else if (isWithin(scope, path)) take(path, element);
      }
    } else if (isDocument(value) && Object.keys(value).length > 0) {
      walkFields(value, path);
    } else if (isWithin(scope, path)) {
      if (Array.isArray(value)) hasArray = true;
      take(path, value);
    }
  };
  const walkFields = (fields: Document, path: string): void => {
    for (const [name, value] of Object.entries(fields)) walk(value, path === "" ? name : `${path}.${name}`);
  };
  walkFields(document, "");
  return hasArray;
}

/** Whether a path, or one below it, is in the index. */
function mayHold(scope: WildcardScope, path: string): boolean {
  if (scope.root !== "") return isUnder(path, scope.root) || isUnder(scope.root, path);
  if (scope.kept !== undefined) return scope.kept.some((kept) => isUnder(path, kept) || isUnder(kept, path));
  return !scope.dropped!.some((dropped) => isUnder(path, dropped));
}

function isWithin(scope: WildcardScope, path: string): boolean {
  if (scope.root !== "") return isUnder(path, scope.root);
  return scope.kept === undefined || scope.kept.some((kept) => isUnder(path, kept));
}

function isUnder(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}.`);
}
