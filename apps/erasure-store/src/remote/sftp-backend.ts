import { isMillraceError } from "@millrace/base";
import { type ByteSource, fileError, joinPath } from "@millrace/files";
import type { HttpPatience } from "@millrace/remote";
import type { FileEntryWithStats } from "ssh2";
import type { Area, BackendWriter, HalfWritten, ShardBackend } from "../backend.ts";
import { probeBackend, type Trait } from "../probe.ts";
import { SftpClient, type SftpPlace, type SftpSession } from "./sftp-client.ts";
import { moveFile, NEXT, removeFile, statFile } from "./sftp-files.ts";
import { SftpSource } from "./sftp-source.ts";
import { SftpWriter } from "./sftp-writer.ts";

/** How long a lock keeps others out whose owner died; commits take far less. */
const LEASE_MS = 5 * 60 * 1000;
const AREAS = ["manifests", "shards"] as const;

/** A backend on an SFTP server: `<path>/manifests/<key>`, `<path>/shards/<key>`. */
export class SftpBackend implements ShardBackend {
  readonly name: string;
  readonly #path: string;
  readonly #client: SftpClient;
  readonly #where: string;

  /** @param path - of a directory, from the root or, without "/" at its start, from the user's own */
  constructor(name: string, place: SftpPlace, path: string, patience?: HttpPatience) {
    this.name = name;
    this.#path = path;
    this.#client = new SftpClient(place, patience);
    this.#where = `sftp://${place.host}:${place.port}/`;
  }

  async check(): Promise<void> {
    const path = joinPath(this.#path, "shards");
    const stats = await this.#client.run((session) => statFile(session, path));
    if (stats?.isDirectory() !== true) throw fileError("FILES_NOT_FOUND", this.#where + path, "stat");
  }

  async prepare(): Promise<void> {
    const parts = this.#path.split("/");
    const above = parts.map((_, i) => parts.slice(0, i + 1).join("/")).filter((path) => path !== "");
    for (const path of [...above, ...AREAS.map((area) => joinPath(this.#path, area))]) {
      await this.#client.run(async (session) => {
        if ((await statFile(session, path)) === undefined) await makeDirectory(session, path);
      });
    }
  }

  async create(area: Area, key: string): Promise<BackendWriter> {
    return new SftpWriter(this.#client, this.#pathOf(area, key));
  }

  async open(area: Area, key: string): Promise<ByteSource> {
    const path = this.#pathOf(area, key);
    return await this.#client.run(async (session) => {
      try {
        return await SftpSource.open(this.#client, session, path);
      } catch (error) {
        if (!isMillraceError(error, "FILES_NOT_FOUND")) throw error;
      }
      // Its place is just being taken, or whoever did that died.
      return await SftpSource.open(this.#client, session, path + NEXT);
    });
  }

  async list(area: Area): Promise<string[]> {
    const names = await this.#namesIn(joinPath(this.#path, area));
    // What begins with "." is a value that somebody is still writing.
    const keys = names.filter((name) => !name.startsWith(".")).map((name) => name.replace(/\.next$/, ""));
    return [...new Set(keys)].sort();
  }

  async remove(area: Area, key: string): Promise<void> {
    const path = this.#pathOf(area, key);
    await this.#client.run(async (session) => {
      await removeFile(session, path + NEXT);
      await removeFile(session, path);
    });
  }

  probe(): Promise<Trait[]> {
    return probeBackend(this);
  }

  async halfWritten(): Promise<HalfWritten[]> {
    const found: HalfWritten[] = [];
    for (const area of AREAS) {
      for (const name of await this.#namesIn(joinPath(this.#path, area))) {
        if (/^\..+\.tmp$/.test(name)) found.push({ name, remove: () => this.remove(area, name) });
      }
    }
    return found;
  }

  /** A directory, which only one can make. */
  async lock(): Promise<AsyncDisposable> {
    const path = joinPath(this.#path, "lock");
    await this.#client.run(async (session) => {
      try {
        await makeDirectory(session, path);
      } catch (error) {
        if (!isMillraceError(error, "STORE_BACKEND_REFUSED")) throw error;
        if ((await statFile(session, path)) === undefined) throw error;
        if (await isExpired(session, path)) await this.#takeAway(session, path);
        throw fileError("FILES_LOCKED", this.#where + path, "lock");
      }
    });
    const release = (): Promise<void> => this.#client.run((session) => removeDirectory(session, path));
    return { [Symbol.asyncDispose]: release };
  }

  /** By a new name first: of two who do this, the second must not take the lock of whoever came between. */
  async #takeAway(session: SftpSession, path: string): Promise<void> {
    const aside = `${path}.${crypto.randomUUID()}.stale`;
    try {
      await moveFile(session, path, aside);
    } catch (error) {
      if (isMillraceError(error, "FILES_NOT_FOUND")) return;
      throw error;
    }
    if (await isExpired(session, aside)) await removeDirectory(session, aside);
    else await moveFile(session, aside, path);
  }

  async #namesIn(path: string): Promise<string[]> {
    const entries = await this.#client.run(({ sftp, call }) =>
      call<FileEntryWithStats[]>("list", path, (done) => sftp.readdir(path, done)),
    );
    return entries.map(({ filename }) => filename);
  }

  #pathOf(area: Area, key: string): string {
    return joinPath(this.#path, `${area}/${key}`);
  }
}

function makeDirectory({ sftp, call }: SftpSession, path: string): Promise<void> {
  return call<void>("mkdir", path, (done) => sftp.mkdir(path, done));
}

async function removeDirectory({ sftp, call }: SftpSession, path: string): Promise<void> {
  await call<void>("rmdir", path, (done) => sftp.rmdir(path, done));
}

/** By the server's clock, which made the directory; ours may differ by less than the lease. */
async function isExpired(session: SftpSession, path: string): Promise<boolean> {
  const stats = await statFile(session, path);
  return stats !== undefined && stats.mtime * 1000 + LEASE_MS < Date.now();
}
