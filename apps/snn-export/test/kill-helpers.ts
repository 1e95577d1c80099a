import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@millrace/base";
import { tempDirectory } from "@millrace/testkit";
import h5wasm, { type Dataset } from "h5wasm/node";
import { expect } from "vitest";
import { quickLoad, recover, validate } from "../src/index.ts";
import { checkSteps } from "./helpers.ts";

await h5wasm.ready;

const RECORDER = fileURLToPath(new URL("./record-forever.ts", import.meta.url));

/** Kills a recording process somewhere, and checks that its file opens and holds what the process reported. */
export async function killAndCheck(seed: number): Promise<void> {
  using directory = tempDirectory();
  const random = seededRandom(seed);
  const mode = random.next() < 0.5 ? "async" : "sync";
  const lines = random.nextInt(1, 30);
  const delayMs = random.nextInt(0, 3);
  const child = spawn(process.execPath, ["--conditions=@millrace/source", RECORDER, directory.path, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<string | null>((resolve) =>
    child.once("exit", (_code, signal) => resolve(signal)),
  );
  let path = "";
  let reported = 0;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (seen++ === 0) path = line;
    else reported = Number(line);
    // The delay only moves the moment; whenever it comes, the file must be whole.
    if (seen === lines) setTimeout(() => child.kill("SIGKILL"), delayMs);
  }
  expect(await ended).toBe("SIGKILL");
  const steps = (await checkSteps(path))[0] ?? 0;
  expect(steps, `seed ${seed}`).toBeGreaterThanOrEqual(reported);
  const { info } = (await quickLoad(path)).episodes[0] ?? {};
  expect(info?.status ?? "running").toBe("running");
  expect(stepsByLibrary(path)).toBe(steps);
  if (hasH5dump()) execFileSync("h5dump", ["-H", path], { stdio: ["ignore", "ignore", "pipe"] });

  // What is kept is what was there, and the file is in order.
  const { episodes } = await recover(path);
  expect(episodes.map((episode) => episode.steps)).toEqual(info === undefined ? [] : [steps]);
  expect((await checkSteps(path))[0] ?? 0).toBe(steps);
  expect((await validate(path)).findings).toEqual([]);
  expect((await quickLoad(path)).episodes.map(({ info: { status } }) => status)).toEqual(
    episodes.map(() => "recovered"),
  );
  expect(stepsByLibrary(path)).toBe(steps);
  expect(await recover(path)).toEqual({ episodes: [], isChanged: false });
}

/** The steps of the first episode as the real libhdf5 reads them. */
function stepsByLibrary(path: string): number {
  const file = new h5wasm.File(path, "r");
  try {
    const counts = file.get("episodes/episode_0000/spikes/counts") as Dataset | null;
    return counts?.shape?.[0] ?? 0;
  } finally {
    file.close();
  }
}

/** Whether hdf5-tools are installed. */
export function hasH5dump(): boolean {
  try {
    execFileSync("h5dump", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
