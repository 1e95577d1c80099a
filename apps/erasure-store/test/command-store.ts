import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";
import { type CommandOutcome, runCommand, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { beforeEach } from "vitest";
import { initStore } from "../src/index.ts";
import { realBytes } from "./real-bytes.ts";
import { BACKENDS } from "./stores.ts";

/** A directory with a store of six backends and a file `in`, new for each test, and the command as a process in it. */
export interface CommandStore {
  /** What is in `in`. */
  readonly bytes: Uint8Array;
  pathOf(...parts: string[]): string;
  /** Runs any verb in the directory. */
  run(...args: string[]): Promise<CommandOutcome>;
  /** Runs a verb on the store. */
  store(verb: string, ...args: string[]): Promise<CommandOutcome>;
}

/** Makes a {@link CommandStore} for each test of the block that this is called in. */
export function useCommandStore(): CommandStore {
  let directory: TempDirectory;
  const bytes = realBytes(1_234_567);
  const pathOf = (...parts: string[]): string => join(directory.path, ...parts);
  beforeEach(async () => {
    directory = tempDirectory();
    const backends = Object.fromEntries(BACKENDS.map((name) => [name, `dir:disks/${name}`]));
    await initStore(diskVfs, pathOf("store.yaml"), { backends });
    writeFileSync(pathOf("in"), bytes);
    return () => directory[Symbol.dispose]();
  });
  const run = (...args: string[]): Promise<CommandOutcome> =>
    runCommand("erasure-store", args, { cwd: directory.path });
  return {
    bytes,
    pathOf,
    run,
    store: (verb, ...args) => run(verb, "--config", "store.yaml", ...args),
  };
}
