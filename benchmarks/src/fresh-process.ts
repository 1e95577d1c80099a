import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ALLOCATION_FLAGS, type Allocation } from "./allocation.ts";
import type { Measurement } from "./case.ts";
import { measureProgram } from "./catalogue.ts";

/**
 * Measures one contender of one case in a process of its own, with the sources of the checkout at `root`.
 * @returns undefined when the contender is a peer that is not installed
 */
export function measureInFreshProcess(
  root: string,
  id: string,
  contender: string,
): Promise<Measurement | undefined> {
  return runMeasure<Measurement>(root, [], [id, contender]);
}

/** Counts what one run of a contender allocates, in a process of its own; of several works the first. */
export function countInFreshProcess(
  root: string,
  id: string,
  contender: string,
): Promise<Allocation | undefined> {
  return runMeasure<Allocation>(root, ALLOCATION_FLAGS, [id, contender, "--allocation"]);
}

async function runMeasure<T>(
  root: string,
  flags: readonly string[],
  args: readonly string[],
): Promise<T | undefined> {
  const command = [...flags, "--conditions=@millrace/source", measureProgram(root), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root }).catch((error) => {
    // A native peer may crash while the process ends, after its measurement was printed.
    if (typeof error.stdout === "string" && error.stdout.endsWith("}\n")) return error as { stdout: string };
    throw error;
  });
  const printed: unknown = JSON.parse(stdout.trim().split("\n").at(-1)!);
  return "missing" in (printed as object) ? undefined : (printed as T);
}
