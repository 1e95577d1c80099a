import { isMillraceError } from "@millrace/base";
import type { Stats } from "ssh2";
import type { SftpClient, SftpSession } from "./sftp-client.ts";

/** Bytes of one request: every server takes so many. */
const REQUEST_BYTES = 32 * 1024;
/** Requests of one call that are under way. */
const REQUESTS_AT_A_TIME = 64;
/** Behind the name of a file that is about to take another's place, where the server cannot do that in one step. */
export const NEXT: string = ".next";

/** Does something with all of `bytes`, a request's worth at a time, many at once. */
export async function inPieces(
  bytes: Uint8Array,
  work: (piece: Buffer, offset: number) => Promise<unknown>,
): Promise<void> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < all.length; at += REQUEST_BYTES * REQUESTS_AT_A_TIME) {
    const end = Math.min(all.length, at + REQUEST_BYTES * REQUESTS_AT_A_TIME);
    const pieces: Promise<unknown>[] = [];
    for (let from = at; from < end; from += REQUEST_BYTES) {
      pieces.push(work(all.subarray(from, Math.min(end, from + REQUEST_BYTES)), from));
    }
    await Promise.all(pieces);
  }
}

/** Opens a file. @throws IoError `FILES_NOT_FOUND` */
export function openFile(
  { sftp, call }: SftpSession,
  path: string,
  flags: "r" | "r+" | "w",
): Promise<Buffer> {
  return call<Buffer>("open", path, (done) => sftp.open(path, flags, done));
}

/** Closes what {@link openFile} opened. */
export function closeFile({ sftp, call }: SftpSession, handle: Buffer, path: string): Promise<void> {
  return call<void>("close", path, (done) => sftp.close(handle, done));
}

/** What is at `path`; undefined where there is nothing. */
export async function statFile({ sftp, call }: SftpSession, path: string): Promise<Stats | undefined> {
  try {
    return await call<Stats>("stat", path, (done) => sftp.stat(path, done));
  } catch (error) {
    if (isMillraceError(error, "FILES_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Makes a file durable; a server without fsync@openssh.com is left to what it does. */
export async function syncFile({ sftp, call }: SftpSession, handle: Buffer, path: string): Promise<void> {
  try {
    await call<void>("fsync", path, (done) => sftp.ext_openssh_fsync(handle, done));
  } catch (error) {
    if (!isMillraceError(error, "STORE_BACKEND_UNSUPPORTED")) throw error;
  }
}

/** Removes a file; fine when there is none. */
export async function removeFile({ sftp, call }: SftpSession, path: string): Promise<void> {
  try {
    await call<void>("remove", path, (done) => sftp.unlink(path, done));
  } catch (error) {
    if (!isMillraceError(error, "FILES_NOT_FOUND")) throw error;
  }
}

/** Moves a file to where nothing is. */
export function moveFile({ sftp, call }: SftpSession, from: string, to: string): Promise<void> {
  return call<void>("rename", to, (done) => sftp.rename(from, to, done));
}

/**
 * Moves a file over another, so that one of the two can be read at each moment: in one step where the server knows
 * posix-rename@openssh.com, else by way of the name with {@link NEXT}, under which readers look, too.
 */
export async function replaceFile(client: SftpClient, from: string, to: string): Promise<void> {
  let isTried = false;
  await client.run(async (session) => {
    const { sftp, call } = session;
    try {
      await call<void>("rename", to, (done) => sftp.ext_openssh_rename(from, to, done));
    } catch (error) {
      // The answer of the first try was lost, and it had done its work: nobody else takes that name away.
      const isDone = isTried && isMillraceError(error, "FILES_NOT_FOUND");
      if (isMillraceError(error, "STORE_BACKEND_UNSUPPORTED")) await replaceInSteps(session, from, to);
      else if (!isDone) throw error;
    } finally {
      isTried = true;
    }
  });
}

/** Each step can be done again: whoever comes after a crash finishes it first. */
async function replaceInSteps(session: SftpSession, from: string, to: string): Promise<void> {
  const next = to + NEXT;
  const finish = async (): Promise<void> => {
    await removeFile(session, to);
    await moveFile(session, next, to);
  };
  if ((await statFile(session, next)) !== undefined) await finish();
  if ((await statFile(session, from)) === undefined) return;
  if ((await statFile(session, to)) === undefined) return await moveFile(session, from, to);
  await moveFile(session, from, next);
  await finish();
}
