import { attributeOf, groupIn, type TreeGroup, textIn } from "./run-tree.ts";

/** Attributes of a group, 64-bit integers as numbers. */
export type AttributeValues = Readonly<Record<string, string | number>>;

/** Where an experiment's data come from. */
export interface Provenance {
  /** Machine and program: node, platform, arch, argv and so on. */
  readonly runtime: AttributeValues;
  /** Commit, branch and whether files differed from it; undefined outside of a repository. */
  readonly git: AttributeValues | undefined;
  /** The sources that were kept. */
  readonly code: readonly { readonly path: string; readonly text: string }[];
}

/** Reads `/runtime`, `/git_info` and `/code_snapshot`. */
export function readProvenance(root: TreeGroup): Provenance {
  const git = groupIn(root, "git_info");
  const snapshot = groupIn(root, "code_snapshot");
  return {
    runtime: attributesOf(groupIn(root, "runtime")),
    git: git === undefined ? undefined : attributesOf(git),
    code: (snapshot?.names ?? []).flatMap((name) => {
      const file = groupIn(snapshot, name);
      const text = textIn(file, "text");
      return file === undefined || text === undefined
        ? []
        : [{ path: String(attributeOf(file, "path") ?? name), text }];
    }),
  };
}

/** All attributes of an object. */
export function attributesOf(object: TreeGroup | undefined): AttributeValues {
  const values: Record<string, string | number> = Object.create(null);
  for (const name of object?.attributes.names ?? []) values[name] = attributeOf(object!, name) ?? "";
  return values;
}
