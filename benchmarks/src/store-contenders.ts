import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { type ErasureStore, initStore, openStore } from "@millrace/erasure-store";
import { diskVfs } from "@millrace/files";
import type { Contender, Work } from "./case.ts";
import { workDirectory } from "./kept-files.ts";
import { PeerMissingError } from "./peers.ts";

/** Bytes of the object; more than a processor's caches hold. */
export const OBJECT_BYTES: number = 256 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const DATA_SHARDS = 4;
const PARITY_SHARDS = 2;
const BACKENDS = ["a", "b", "c", "d", "e", "f"];

/** A store of 4+2 in directories of its own, and what is put into it. */
export interface StoreUnderTest {
  readonly store: ErasureStore;
  readonly directory: string;
  /** @param bytes - a multiple of a MiB; as large as the object of most cases where it is left out */
  chunks(bytes?: number): Generator<Uint8Array, void, undefined>;
}

/** Something done with a store that is removed when the process ends. */
export function withStore(
  name: string,
  durability: "os" | "disk",
  prepare: (made: StoreUnderTest) => Promise<Work>,
  makeDirectory: () => string = workDirectory,
): Contender {
  return {
    name,
    prepare: async () => {
      const directory = makeDirectory();
      const backends = Object.fromEntries(BACKENDS.map((backend) => [backend, `dir:${backend}`]));
      const shape = { dataShards: DATA_SHARDS, parityShards: PARITY_SHARDS, durability, backends };
      const config = join(directory, "store.yaml");
      await initStore(diskVfs, config, shape);
      const chunk = seededRandom(1).fill(new Uint8Array(CHUNK_BYTES));
      const chunks = function* (bytes = OBJECT_BYTES): Generator<Uint8Array, void, undefined> {
        for (let i = 0; i < bytes / CHUNK_BYTES; i++) yield chunk;
      };
      return await prepare({ store: await openStore(config), directory, chunks });
    },
  };
}

/** The same bytes, parity's too, into six plain files: what the disk allows. */
export function plainWrites(name: string, isSynced: boolean): Contender {
  return {
    name,
    prepare: async () => {
      const directory = workDirectory();
      const chunk = seededRandom(1).fill(new Uint8Array(CHUNK_BYTES));
      const fileBytes = OBJECT_BYTES / DATA_SHARDS;
      return async () => {
        const writeFile = async (backend: string): Promise<void> => {
          await using file = await diskVfs.open(join(directory, backend), "create-or-truncate");
          for (let at = 0; at < fileBytes; at += CHUNK_BYTES) await file.write(chunk, at);
          if (isSynced) await file.sync();
        };
        await Promise.all(BACKENDS.map(writeFile));
        return () => {
          for (const backend of BACKENDS) rmSync(join(directory, backend));
        };
      };
    },
  };
}

/** Bytes of the file that par2 works on: it needs a second for it. */
const PAR2_BYTES = 32 * 1024 * 1024;

/** The same shape by par2 of Debian: four blocks and two for recovery, with which it is at its fastest. */
export const par2Create: Contender = {
  name: "par2 create",
  amount: PAR2_BYTES,
  prepare: async () => {
    const directory = workDirectory();
    const run = (...args: readonly string[]): void => {
      const { error, status, stderr } = spawnSync("par2", args, { cwd: directory, encoding: "utf8" });
      if (error !== undefined) throw new PeerMissingError("par2", error);
      if (status !== 0) throw new Error(`par2 ${args[0]} failed: ${stderr}`);
    };
    run("-V");
    writeFileSync(join(directory, "in"), seededRandom(1).fill(new Uint8Array(PAR2_BYTES)));
    const removeRecovery = (): void => {
      for (const file of readdirSync(directory)) if (file.endsWith(".par2")) rmSync(join(directory, file));
    };
    run("create", "-q", "-q", "-b4", "-c2", "in");
    run("verify", "-q", "-q", "in.par2");
    removeRecovery();
    return async () => {
      run("create", "-q", "-q", "-b4", "-c2", "in");
      return removeRecovery;
    };
  },
};

/** Takes all shards away, at once and unsynced: what was put before would cost the next put memory and disk. */
export function removeShards(directory: string): void {
  for (const backend of BACKENDS) {
    const shards = join(directory, backend, "shards");
    for (const file of readdirSync(shards)) rmSync(join(shards, file));
  }
}

/** Reads an object and checks how much came. */
export async function readWhole(store: ErasureStore, name: string): Promise<void> {
  let bytes = 0;
  for await (const piece of store.get(name)) bytes += piece.length;
  if (bytes !== OBJECT_BYTES) throw new Error(`${bytes} bytes were read, not ${OBJECT_BYTES}`);
}
