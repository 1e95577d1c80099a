import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { peakResidentBytes } from "@millrace/metrics";
import { type CommandOutcome, commandPath, runCommand } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { useCommandStore } from "./command-store.ts";
import { realBytes } from "./real-bytes.ts";
import { BACKENDS } from "./stores.ts";

describe("processes of the command", () => {
  const { bytes, pathOf, store } = useCommandStore();

  it("leaves the store as it was when it is interrupted", async () => {
    await store("put", "in", "o");
    const before = readdirSync(pathOf("disks"), { recursive: true }).sort();
    const args = ["put", "-", "o", "--config", "store.yaml"];
    const outcome = await new Promise<CommandOutcome>((resolve) => {
      const running = runCommand("erasure-store", args, {
        cwd: pathOf(),
        input: realBytes(100_000_000),
        onStart: async (child) => {
          const isWriting = (): boolean =>
            readdirSync(pathOf("disks", "a", "shards")).some((name) => name.startsWith("."));
          while (!isWriting()) await new Promise((tick) => setTimeout(tick, 2));
          child.kill("SIGINT");
        },
      });
      running.then(resolve);
    });
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("interrupted");
    expect(readdirSync(pathOf("disks"), { recursive: true }).sort()).toEqual(before);
    expect((await store("verify")).code).toBe(0);
  });

  it("is interrupted while it waits for stdin", async () => {
    const args = ["--conditions=@millrace/source", commandPath("erasure-store"), "put", "-", "o"];
    const child = spawn(process.execPath, [...args, "--config", "store.yaml"], { cwd: pathOf() });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdin.write("some bytes, more than fit into a manifest, and no end ".repeat(1000));
    const ended = once(child, "close");
    while (readdirSync(pathOf("disks", "f", "shards")).length === 0) {
      await new Promise((tick) => setTimeout(tick, 2));
    }
    child.kill("SIGINT");
    expect(await ended).toEqual([1, null]);
    expect(stderr).toBe("millrace-store: interrupted; nothing half-written was left behind\n");
    for (const name of BACKENDS) expect(readdirSync(pathOf("disks", name, "shards"))).toEqual([]);
  });

  it("puts from two processes at once, and one of them wins, whole", async () => {
    writeFileSync(pathOf("in2"), bytes.subarray(1000));
    const outcomes = await Promise.all([store("put", "in", "o"), store("put", "in2", "o")]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(await store("verify")).toMatchObject({ code: 0 });
    expect(readdirSync(pathOf("disks", "a", "shards"))).toHaveLength(1);
    expect(readdirSync(pathOf("disks", "a"))).toEqual(["manifests", "shards"]);
  });

  it("keeps a large file in bounded memory", async () => {
    const script = `
      import { openStore } from "@millrace/erasure-store";
      import { MemoryBudget } from "@millrace/stream";
      const [config, megabytes] = process.argv.slice(-2);
      const store = await openStore(config, { budget: new MemoryBudget(4 << 20) });
      const chunk = new Uint8Array(1 << 20).map((_, i) => i * 31 >> 3);
      await store.put("o", (function* () { for (let i = 0; i < megabytes; i++) yield chunk; })());
      let bytes = 0;
      for await (const piece of store.get("o")) bytes += piece.length;
      console.log(bytes >> 20, (${peakResidentBytes})() / 1024);
    `;
    const peakKiB = (megabytes: number): number => {
      const args = ["--conditions=@millrace/source", "--input-type=module", "--eval", script];
      const stdout = execFileSync(process.execPath, [...args, pathOf("store.yaml"), String(megabytes)], {
        cwd: import.meta.dirname,
        encoding: "utf8",
      });
      const [read, peak] = stdout.split(" ").map(Number);
      expect(read).toBe(megabytes);
      return peak!;
    };
    expect(peakKiB(64) - peakKiB(4)).toBeLessThan(40 * 1024);
  });
});
