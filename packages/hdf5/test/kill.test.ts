import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { readByLibrary } from "./helpers.ts";

const APPENDER = fileURLToPath(new URL("./append-forever.ts", import.meta.url));

it.each([1, 5, 50, 200])(
  "a process killed after checkpoint %d leaves a file with all of it",
  async (count) => {
    using directory = tempDirectory();
    const path = `${directory.path}/a.h5`;
    const child = spawn(process.execPath, ["--conditions=@millrace/source", APPENDER, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<string | null>((resolve) =>
      child.once("exit", (_code, signal) => resolve(signal)),
    );
    let acknowledged = 0;
    let checkpoints = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (++checkpoints === count) child.kill("SIGKILL");
    }
    expect(await ended).toBe("SIGKILL");
    const { d, ...groups } = readByLibrary(path).children ?? {};
    const rows = d?.data?.shape[0] ?? 0;
    expect(rows).toBeGreaterThanOrEqual(acknowledged);
    expect(Object.keys(groups).length).toBeGreaterThanOrEqual(checkpoints);
    expect(d?.data?.value).toEqual(Array.from({ length: rows * 10 }, (_, i) => Math.floor(i / 10)));
  },
);
