import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { startServer, tempDirectory } from "@millrace/testkit";
import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { initStore, openStore } from "../src/index.ts";
import { BACKENDS, readAll, writeFileBytes } from "./stores.ts";

// A real SFTP server, written by others: Debian's `openssh-server`.
const SSHD = "/usr/sbin/sshd";
const bytesOf = (length: number): Uint8Array => seededRandom(length).fill(new Uint8Array(length));

const hasServer = existsSync(SSHD);

describe.skipIf(!hasServer)(`OpenSSH's sshd${hasServer ? "" : " (skipped: it is not installed)"}`, () => {
  it("keeps small and large objects, ranges, repairs, locks and removals", async () => {
    // As root it wants this, which the system makes when it starts.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
    using place = tempDirectory();
    const [hostKey, userKey] = [0, 1].map(() => ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 })) as [
      Keys,
      Keys,
    ];
    writeFileSync(`${place.path}/host`, hostKey.private, { mode: 0o600 });
    writeFileSync(`${place.path}/authorized`, userKey.public);
    const lines = [
      `HostKey ${place.path}/host`,
      `AuthorizedKeysFile ${place.path}/authorized`,
      "ListenAddress 127.0.0.1",
      "PidFile none",
      "StrictModes no",
      "UsePAM no",
      "PermitRootLogin yes",
      "Subsystem sftp internal-sftp",
    ];
    writeFileSync(`${place.path}/sshd_config`, `${lines.join("\n")}\n`);
    const args = (port: number): string[] => ["-D", "-p", String(port), "-f", `${place.path}/sshd_config`];
    await using server = await startServer(SSHD, args);
    const listed = execFileSync("ssh-keygen", ["-lf", `${place.path}/host`], { encoding: "utf8" });
    const fingerprint = listed.split(" ")[1]!;
    const vfs = new MemoryVfs();
    await writeFileBytes(vfs, "id", new TextEncoder().encode(userKey.private));
    const environment = { SFTP_PRIVATE_KEY: "id" };
    const { username } = userInfo();
    const backendOf = (name: string): { location: string; credentials: string } => ({
      location: `sftp://${username}@127.0.0.1:${server.port}${place.path}/data/${name}?fingerprint=${fingerprint}`,
      credentials: "env:SFTP",
    });
    const backends = Object.fromEntries(BACKENDS.map((name) => [name, backendOf(name)]));
    await initStore(vfs, "store.yaml", { backends }, environment);
    const store = await openStore("store.yaml", { vfs, environment });
    for (const length of [0, 4096, 4097, 300_000, 50_000_000]) {
      await store.put(`o/${length}`, [bytesOf(7)]);
      await store.put(`o/${length}`, [bytesOf(length)]);
      expect(Buffer.compare(await readAll(store, `o/${length}`), bytesOf(length))).toBe(0);
    }
    await Promise.all([store.put("both", [bytesOf(5000)]), store.put("both", [bytesOf(6000)])]);
    const both = await readAll(store, "both");
    expect(both).toEqual(bytesOf(both.length));
    for (const name of ["b", "e"]) rmSync(`${place.path}/data/${name}/shards`, { recursive: true });
    const pieces: Uint8Array[] = [];
    for await (const piece of store.get("o/50000000", { range: { start: 1e7, end: 1e7 + 65_536 } })) {
      pieces.push(piece.slice());
    }
    expect(Buffer.compare(Buffer.concat(pieces), bytesOf(50_000_000).subarray(1e7, 1e7 + 65_536))).toBe(0);
    expect(await store.repair("", { replaced: ["b", "e"] })).toMatchObject({ lost: [], failed: [] });
    expect(await store.scrub({ orphanAgeMs: 0 })).toMatchObject({ objects: 6, problems: [], orphans: [] });
    for (const { name } of await store.list()) await store.remove(name);
    expect(await store.scrub({ orphanAgeMs: 0, removeOrphans: true })).toMatchObject({
      objects: 0,
      removed: 0,
    });
  });
});

type Keys = ReturnType<typeof ssh2.utils.generateKeyPairSync>;
