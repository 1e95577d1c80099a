/**
 * A process that is killed: works on a store as its seed says, and says before and after each operation what it does.
 * Arguments: configuration, seed, after how many changing calls it kills itself (0: somebody else does).
 */
import { writeSync } from "node:fs";
import { seededRandom } from "@millrace/base";
import { diskVfs, type Vfs, type VfsFile } from "@millrace/files";
import { openStore } from "../src/index.ts";
import { contentFor, KILL_NAMES, type KillLine } from "./kill-model.ts";

const [config, seedText, killAtText] = process.argv.slice(2);
const random = seededRandom(Number(seedText));
let callsLeft = Number(killAtText) || Number.POSITIVE_INFINITY;

const CHANGING = /^(open|write|truncate|sync|rename|remove|makeDirectory|syncDirectory|lock|close)/;

/** Counts the calls that change something, and dies before the last of them. */
function mortal<T extends object>(target: T): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]): unknown => {
        if (CHANGING.test(String(name)) && --callsLeft <= 0) process.kill(process.pid, "SIGKILL");
        const result: unknown = Reflect.apply(value, target, given);
        if (name === "open") return (result as Promise<VfsFile>).then(mortal);
        if (name === "openSync") return mortal(result as VfsFile);
        return result;
      };
    },
  });
}

const say = (line: KillLine): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};

const vfs: Vfs = mortal(diskVfs);
const store = await openStore(config!, { vfs });
say({ kind: "ready", at: "end" });
for (;;) {
  const name = KILL_NAMES[random.nextInt(0, KILL_NAMES.length - 1)]!;
  const kind = random.nextInt(0, 9);
  if (kind < 6) {
    const version = random.nextU32();
    say({ kind: "put", at: "begin", name, version });
    await store.put(name, [contentFor(version)]);
    say({ kind: "put", at: "end", name, version });
  } else if (kind < 8) {
    if (!(await store.list()).some((object) => object.name === name)) continue;
    say({ kind: "remove", at: "begin", name });
    await store.remove(name);
    say({ kind: "remove", at: "end", name });
  } else {
    // A disk that lost a file, whichever comes first on it; what is mended changes no object.
    const backend = "abcdef"[random.nextInt(0, 5)]!;
    const directory = `${config!.replace(/[^/]*$/, "")}${backend}/shards`;
    const [lost] = (await diskVfs.list(directory)).filter((entry) => !entry.name.startsWith("."));
    if (lost !== undefined) await diskVfs.remove(`${directory}/${lost.name}`);
    say({ kind: "repair", at: "begin" });
    await store.repair();
    say({ kind: "repair", at: "end" });
  }
}
