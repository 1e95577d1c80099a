import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ALLOCATION_FLAGS, type Allocation } from "./allocation.ts";
import type { Contender, Measurement, PythonContender } from "./case.ts";
import { measureProgram, pythonProgram } from "./catalogue.ts";
import { PYTHON } from "./peers.ts";

/**
 * Measures one contender of one case in a process of its own, with the sources of the checkout at `root`.
 * @returns undefined when the contender is a peer that is not installed
 */
export async function measureInFreshProcess(
  root: string,
  id: string,
  contender: Contender | PythonContender,
): Promise<Measurement | undefined> {
  if (!("script" in contender)) return runNode<Measurement>(root, [], [id, contender.name]);
  if (!existsSync(PYTHON)) return undefined;
  return run(PYTHON, [pythonProgram(root, contender.script), ...contender.args], root);
}

/**
 * Counts what one run of a contender allocates, in a process of its own; of several works the first.
 * @returns undefined when it is not installed, or not in Node
 */
export async function countInFreshProcess(
  root: string,
  id: string,
  contender: Contender | PythonContender,
): Promise<Allocation | undefined> {
  if ("script" in contender) return undefined;
  return runNode<Allocation>(root, ALLOCATION_FLAGS, [id, contender.name, "--allocation"]);
}

function runNode<T>(root: string, flags: readonly string[], args: readonly string[]): Promise<T | undefined> {
  const command = [...flags, "--conditions=@millrace/source", measureProgram(root), ...args];
  return run(process.execPath, command, root);
}

async function run<T>(program: string, command: readonly string[], root: string): Promise<T | undefined> {
  // What users run is JavaScript: without this each process would hold what takes the types away, too.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compiled") };
  const { stdout } = await promisify(execFile)(program, command, { cwd: root, env }).catch((error) => {
    // A native peer may crash while the process ends, after its measurement was printed.
    if (typeof error.stdout === "string" && error.stdout.endsWith("}\n")) return error as { stdout: string };
    throw error;
  });
  const printed: unknown = JSON.parse(stdout.trim().split("\n").at(-1)!);
  return "missing" in (printed as object) ? undefined : (printed as T);
}
