import { IoError } from "@millrace/base";
import type { ByteSource } from "@millrace/files";
import type { Stats } from "ssh2";
import type { SftpClient, SftpSession } from "./sftp-client.ts";
import { closeFile, inPieces, openFile } from "./sftp-files.ts";

/** SFTP's answer to a read behind the end, draft-ietf-secsh-filexfer-02, section 7. */
const EOF = 1;

/** A file that is read in ranges; it is opened again in each connection that it needs. */
export class SftpSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #client: SftpClient;
  #opened: { readonly session: SftpSession; readonly handle: Promise<Buffer> } | undefined;

  private constructor(client: SftpClient, path: string, size: number) {
    this.#client = client;
    this.name = path;
    this.size = size;
  }

  /** @throws IoError `FILES_NOT_FOUND` */
  static async open(client: SftpClient, session: SftpSession, path: string): Promise<SftpSource> {
    const handle = await openFile(session, path, "r");
    // Of what was opened: the name may stand for another file by now.
    const { size } = await session.call<Stats>("stat", path, (done) => session.sftp.fstat(handle, done));
    const source = new SftpSource(client, path, size);
    source.#opened = { session, handle: Promise.resolve(handle) };
    return source;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const count = Math.max(0, Math.min(into.length, this.size - position));
    if (count === 0) return 0;
    // What arrives late, over a connection that was given up, must not change what the caller has by then.
    const bytes = Buffer.alloc(count);
    await this.#client.run(async (session) => {
      if (this.#opened?.session !== session) {
        this.#opened = { session, handle: openFile(session, this.name, "r") };
      }
      const handle = await this.#opened!.handle;
      await inPieces(bytes, (piece, offset) =>
        readPiece(session, handle, this.name, piece, position + offset),
      );
    });
    into.set(bytes);
    return count;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    // A connection that broke took the handle with it.
    await opened.handle.then((handle) => closeFile(opened.session, handle, this.name)).catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Servers may give less than was asked for. */
async function readPiece(
  { sftp, call }: SftpSession,
  handle: Buffer,
  path: string,
  piece: Buffer,
  position: number,
): Promise<void> {
  for (let at = 0; at < piece.length; ) {
    const count = await call<number>("read", path, (done) =>
      sftp.read(handle, piece, at, piece.length - at, position + at, (error, bytesRead) => {
        const isEnd = (error as { readonly code?: unknown } | undefined)?.code === EOF;
        done(isEnd ? undefined : error, isEnd ? 0 : bytesRead);
      }),
    );
    if (count === 0) {
      throw new IoError(
        "STORE_BACKEND_REFUSED",
        path,
        "read",
        `it ends before byte ${position + piece.length}`,
      );
    }
    at += count;
  }
}
