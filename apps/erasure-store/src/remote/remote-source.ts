import { IoError } from "@millrace/base";
import type { HttpClient } from "@millrace/remote";
import type { BackendSource } from "../backend.ts";

/**
 * A value on an HTTP server, read in ranges.
 * @throws IoError `FILES_NOT_FOUND`
 */
export async function remoteSource(
  client: HttpClient,
  url: string,
  signal?: AbortSignal,
): Promise<BackendSource> {
  const { headers } = await client.send({ method: "HEAD", url }, signal);
  const size = Number(headers["content-length"]);
  if (!Number.isSafeInteger(size)) {
    throw new IoError("STORE_BACKEND_FAILED", url, "HEAD", "the server does not say how long it is");
  }
  const { etag } = headers;
  let ignoresRanges = false;
  const read = async (into: Uint8Array, position: number, signal?: AbortSignal): Promise<number> => {
    const end = Math.min(size, position + into.length);
    if (position >= end) return 0;
    const call = {
      method: "GET",
      url,
      headers: { range: `bytes=${position}-${end - 1}` },
      // A server that knows no ranges sends everything: small values only, then.
      limitBytes: Math.max(end - position, WHOLE_BYTES),
    };
    const { status, body } = await client.send(call, signal);
    if (status !== 206 && end - position < size) ignoresRanges = true;
    const part = status === 206 ? body : body.subarray(position, end);
    if (part.length !== end - position) {
      const problem = `it gave ${part.length} bytes of the ${end - position} from ${position} on`;
      throw new IoError("STORE_BACKEND_FAILED", url, "GET", problem);
    }
    into.set(part);
    return part.length;
  };
  const close = async (): Promise<void> => {};
  return {
    name: url,
    size,
    ...(typeof etag === "string" && { version: etag }),
    get ignoresRanges() {
      return ignoresRanges;
    },
    read,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const WHOLE_BYTES = 16 * 1024 * 1024;
