import { CorruptDataError } from "@millrace/base";
import { FORMAT_NAME, FORMAT_VERSION } from "../format.ts";
import { migrations } from "../migrate/migrations.ts";
import { attributeOf, groupIn, type TreeGroup } from "./run-tree.ts";

/** An experiment's file as one of today's version. */
export interface VersionedTree {
  readonly root: TreeGroup;
  /** What the file itself is: "2.0.0", "1.0.0", or "python-1.0.0". */
  readonly version: string;
  /** The steps that lead from there to today's version; none for a file of today. */
  readonly steps: readonly string[];
}

/**
 * Sees a file of any version that can be read as one of today's.
 * @throws CorruptDataError when it is no experiment's file, or of another major version
 */
export function openTree(root: TreeGroup): VersionedTree {
  const version = versionOf(root);
  const steps: string[] = [];
  let at = version;
  let tree = root;
  for (let step = migrations.get(at); step !== undefined; step = migrations.get(at)) {
    tree = step.apply(tree);
    steps.push(`${at} to ${step.to}`);
    at = step.to;
  }
  if (majorOf(at) === majorOf(FORMAT_VERSION)) return { root: tree, version, steps };
  const problem = `${root.file} has the format version ${version}, this release reads ${majorOf(FORMAT_VERSION)}.x and migrates ${[...migrations.keys()].join(", ")}; use the release that wrote it`;
  throw new CorruptDataError("SNN_FORMAT_VERSION", "HDF5", 0, problem);
}

function versionOf(root: TreeGroup): string {
  const format = attributeOf(root, "format");
  if (format === FORMAT_NAME) return String(attributeOf(root, "format_version") ?? "none");
  // The Python exporter names no format; these attributes are its own.
  const schema = attributeOf(root, "schema_version");
  const isPython = format === undefined && attributeOf(root, "experiment_name") !== undefined;
  if (isPython && schema !== undefined && groupIn(root, "episodes") !== undefined) return `python-${schema}`;
  const problem = `${root.file} has the format ${format ?? "of another program"}, expected ${FORMAT_NAME}; it was not written by this exporter`;
  throw new CorruptDataError("SNN_FORMAT_UNKNOWN", "HDF5", 0, problem);
}

function majorOf(version: string): string {
  return version.slice(0, version.indexOf("."));
}
