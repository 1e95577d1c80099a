import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Measurement } from "./case.ts";
import { measureProgram } from "./catalogue.ts";

/** Measures one contender of one case in a process of its own, with the sources of the checkout at `root`. */
export async function measureInFreshProcess(
  root: string,
  id: string,
  contender: string,
): Promise<Measurement> {
  const args = ["--conditions=@millrace/source", measureProgram(root), id, contender];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout) as Measurement;
}
