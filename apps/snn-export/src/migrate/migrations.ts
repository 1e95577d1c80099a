import type { TreeGroup } from "../loader/run-tree.ts";
import { from1 } from "./from-1.ts";
import { fromPython1 } from "./from-python-1.ts";

/** One step from a version to a later one. */
export interface Migration {
  readonly to: string;
  /** Sees a tree of the one version as a tree of the other; reads nothing before it is asked for. */
  readonly apply: (root: TreeGroup) => TreeGroup;
}

/** The steps by the version that they begin at. */
export const migrations: ReadonlyMap<string, Migration> = new Map<string, Migration>([
  ["python-1.0.0", { to: "1.0.0", apply: fromPython1 }],
  ["1.0.0", { to: "2.0.0", apply: from1 }],
]);
