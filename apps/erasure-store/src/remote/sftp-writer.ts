import { ClosedError } from "@millrace/base";
import { baseName, joinPath, parentPath } from "@millrace/files";
import type { BackendWriter } from "../backend.ts";
import type { SftpClient, SftpSession } from "./sftp-client.ts";
import { closeFile, inPieces, openFile, removeFile, replaceFile, syncFile } from "./sftp-files.ts";

/** Writes one value into a file beside its own, which it then moves over it. */
export class SftpWriter implements BackendWriter {
  readonly #client: SftpClient;
  readonly #path: string;
  readonly #temporary: string;
  /** The file, in the connection that it was opened in. */
  #opened: { readonly session: SftpSession; readonly handle: Promise<Buffer> } | undefined;
  #isMade = false;
  #length = 0;
  #isDone = false;

  constructor(client: SftpClient, path: string) {
    this.#client = client;
    this.#path = path;
    this.#temporary = joinPath(parentPath(path), `.${baseName(path)}.${crypto.randomUUID()}.tmp`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    const at = this.#length;
    this.#length += bytes.length;
    await this.#client.run(async (session) => {
      const handle = await this.#handleIn(session);
      await inPieces(bytes, (piece, offset) =>
        session.call<void>("write", this.#temporary, (done) =>
          session.sftp.write(handle, piece, 0, piece.length, at + offset, done),
        ),
      );
    });
  }

  async commit(): Promise<void> {
    this.#checkOpen();
    await this.#client.run(async (session) => {
      const handle = await this.#handleIn(session);
      await syncFile(session, handle, this.#temporary);
      await closeFile(session, handle, this.#temporary);
      this.#opened = undefined;
    });
    await replaceFile(this.#client, this.#temporary, this.#path);
    this.#isDone = true;
  }

  async abort(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    if (!this.#isMade) return;
    await this.#client.run((session) => removeFile(session, this.#temporary));
  }

  async #handleIn(session: SftpSession): Promise<Buffer> {
    if (this.#opened?.session !== session) {
      // After a broken connection the file is there and has what was written.
      const flags = this.#isMade ? "r+" : "w";
      this.#opened = { session, handle: openFile(session, this.#temporary, flags) };
    }
    const handle = await this.#opened!.handle;
    this.#isMade = true;
    return handle;
  }

  #checkOpen(): void {
    if (this.#isDone) throw new ClosedError("STORE_WRITER_CLOSED", this.#path);
  }
}
