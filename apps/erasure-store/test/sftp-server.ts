import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import ssh2, { type Attributes, type Connection, type SFTPWrapper } from "ssh2";

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

/** An SFTP server in this process: ssh2's own, over a directory. It knows no extensions, as the oldest ones. */
export class SftpServer implements AsyncDisposable {
  /** Asked before each request; false ends the connection instead. */
  allows: (request: string, path: string) => boolean = () => true;
  readonly #root: string;
  // Of the keys for ed25519 that ssh2 makes some cannot be read again.
  readonly #key = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
  readonly #connections = new Set<Connection>();
  readonly #server: InstanceType<typeof ssh2.Server>;

  constructor(root: string, password: string, publicKey?: string) {
    this.#root = root;
    this.#server = new ssh2.Server({ hostKeys: [this.#key.private] }, (connection) => {
      this.#connections.add(connection);
      // The types leave it out.
      (connection as unknown as { setNoDelay(): void }).setNoDelay();
      connection.on("error", () => {});
      connection.on("close", () => this.#connections.delete(connection));
      connection.on("authentication", (context) => {
        const key = publicKey === undefined ? undefined : ssh2.utils.parseKey(publicKey);
        const isAllowed =
          (context.method === "password" && context.password === password) ||
          (context.method === "publickey" &&
            key !== undefined &&
            !(key instanceof Error) &&
            context.key.data.equals(key.getPublicSSH()));
        if (isAllowed) context.accept();
        else context.reject(["password", "publickey"]);
      });
      connection.on("session", (accept) => {
        accept().on("sftp", (acceptSftp) => this.#serve(acceptSftp(), connection));
      });
    });
  }

  /** As `ssh-keygen -lf` prints it. */
  get fingerprint(): string {
    const key = ssh2.utils.parseKey(this.#key.public);
    if (key instanceof Error) throw key;
    const digest = createHash("sha256").update(key.getPublicSSH()).digest("base64");
    return `SHA256:${digest.replaceAll("=", "")}`;
  }

  /** Begins to answer. @returns the port of 127.0.0.1 */
  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.end();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #serve(sftp: SFTPWrapper, connection: Connection): void {
    const names = new Map<string, string>();
    const answer = (id: number, request: string, path: string, work: () => void): void => {
      if (!this.allows(request, path)) {
        connection.end();
        return;
      }
      try {
        work();
      } catch (error) {
        const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
        sftp.status(id, isMissing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE, String(error));
      }
    };
    const done = (id: number): void => sftp.status(id, STATUS_CODE.OK);
    const pathOf = (path: string): string => `${this.#root}/${path}`;
    const fdOf = (handle: Buffer): number => handle.readUInt32BE(0);
    const lists = new Map<string, string[]>();
    sftp.on("OPEN", (id, path, flags) =>
      answer(id, "open", path, () => {
        const isWriting = (flags & OPEN_MODE.WRITE) !== 0;
        const mode = (flags & OPEN_MODE.TRUNC) !== 0 ? "w" : isWriting ? "r+" : "r";
        const handle = Buffer.alloc(4);
        handle.writeUInt32BE(openSync(pathOf(path), mode));
        names.set(handle.toString("hex"), path);
        sftp.handle(id, handle);
      }),
    );
    const nameOf = (handle: Buffer): string => names.get(handle.toString("hex")) ?? "";
    sftp.on("READ", (id, handle, offset, length) =>
      answer(id, "read", nameOf(handle), () => {
        const bytes = Buffer.alloc(length);
        const count = readSync(fdOf(handle), bytes, 0, length, offset);
        if (count === 0) sftp.status(id, STATUS_CODE.EOF);
        else sftp.data(id, bytes.subarray(0, count));
      }),
    );
    sftp.on("WRITE", (id, handle, offset, data) =>
      answer(id, "write", nameOf(handle), () => {
        writeSync(fdOf(handle), data, 0, data.length, offset);
        done(id);
      }),
    );
    sftp.on("FSTAT", (id, handle) =>
      answer(id, "fstat", nameOf(handle), () => sftp.attrs(id, attributesOf(fstatSync(fdOf(handle))))),
    );
    sftp.on("STAT", (id, path) =>
      answer(id, "stat", path, () => sftp.attrs(id, attributesOf(statSync(pathOf(path))))),
    );
    sftp.on("CLOSE", (id, handle) =>
      answer(id, "close", "", () => {
        if (handle.length === 4) {
          fsyncSync(fdOf(handle));
          closeSync(fdOf(handle));
        }
        done(id);
      }),
    );
    sftp.on("OPENDIR", (id, path) =>
      answer(id, "opendir", path, () => {
        lists.set(path, readdirSync(pathOf(path)));
        sftp.handle(id, Buffer.from(`dir ${path}`));
      }),
    );
    sftp.on("READDIR", (id, handle) =>
      answer(id, "readdir", "", () => {
        const path = handle.toString().slice("dir ".length);
        const entries = lists.get(path) ?? [];
        lists.delete(path);
        if (entries.length === 0) sftp.status(id, STATUS_CODE.EOF);
        else {
          const attrs = (name: string): Attributes => attributesOf(statSync(pathOf(`${path}/${name}`)));
          sftp.name(
            id,
            entries.map((name) => ({ filename: name, longname: name, attrs: attrs(name) })),
          );
        }
      }),
    );
    sftp.on("REMOVE", (id, path) =>
      answer(id, "remove", path, () => {
        unlinkSync(pathOf(path));
        done(id);
      }),
    );
    sftp.on("RENAME", (id, from, to) =>
      answer(id, "rename", to, () => {
        // Version 3 refuses where something is (section 6.5).
        if (existsSync(pathOf(to))) throw new Error("exists");
        renameSync(pathOf(from), pathOf(to));
        done(id);
      }),
    );
    sftp.on("MKDIR", (id, path) =>
      answer(id, "mkdir", path, () => {
        mkdirSync(pathOf(path));
        done(id);
      }),
    );
    sftp.on("RMDIR", (id, path) =>
      answer(id, "rmdir", path, () => {
        rmdirSync(pathOf(path));
        done(id);
      }),
    );
  }
}

function attributesOf({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes {
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
}
