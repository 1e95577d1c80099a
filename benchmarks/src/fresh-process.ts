import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Measurement } from "./case.ts";
import { measureProgram } from "./catalogue.ts";

/**
 * Measures one contender of one case in a process of its own, with the sources of the checkout at `root`.
 * @returns undefined when the contender is a peer that is not installed
 */
export async function measureInFreshProcess(
  root: string,
  id: string,
  contender: string,
): Promise<Measurement | undefined> {
  const args = ["--conditions=@millrace/source", measureProgram(root), id, contender];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root }).catch((error) => {
    // A native peer may crash while the process ends, after its measurement was printed.
    if (typeof error.stdout === "string" && error.stdout.endsWith("}\n")) return error as { stdout: string };
    throw error;
  });
  const printed: unknown = JSON.parse(stdout.trim().split("\n").at(-1)!);
  return "missing" in (printed as object) ? undefined : (printed as Measurement);
}
