import { expect } from "vitest";
import { main } from "../src/cli.ts";

/** Runs a command line in this process. */
export async function docdb(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const code = await main(args, { stdout, stderr });
  return { code, out, err };
}

/** What a command line that has to succeed prints with `--json`. */
export async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await docdb(...args, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out);
}
