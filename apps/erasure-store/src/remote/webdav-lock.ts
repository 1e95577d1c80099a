import { IoError, isMillraceError } from "@millrace/base";
import { fileError } from "@millrace/files";
import type { HttpClient } from "@millrace/remote";

/** How long a lock keeps others out whose owner died; commits take far less. */
const LEASE_MS = 5 * 60 * 1000;
/** Answers to a MOVE to where something is (RFC 4918, section 9.9.4; 403 where the file system has found it out). */
const TAKEN = [412, 403, 409];
/** Also where the first try has done it, and its answer got lost. */
const GONE = 404;

interface Holder {
  readonly owner: string;
  readonly untilMs: number;
}

/**
 * The lock of a WebDAV server: a collection that says whose it is and until when, made under a name of its own and then
 * moved to where only one can be: servers that ignore conditions on PUT keep to that. Whose it is, is what is read
 * there, whatever became of the answers.
 */
export class WebDavLock {
  readonly #client: HttpClient;
  readonly #root: string;
  readonly #url: string;
  /** Owners of locks that were given up, and are there perhaps. */
  readonly #abandoned = new Set<string>();

  /** @param root - of the backend, without "/" at its end */
  constructor(client: HttpClient, root: string) {
    this.#client = client;
    this.#root = root;
    this.#url = `${root}/lock`;
  }

  /** @throws IoError `FILES_LOCKED` while another holds it */
  async take(): Promise<AsyncDisposable> {
    const owner = crypto.randomUUID();
    const own = `${this.#root}/.lock.${owner}.tmp`;
    // Until it is known to be gone: whoever finds it later in this process may take it away.
    this.#abandoned.add(owner);
    // 405: the first try has made it, and its answer got lost.
    await this.#client.send({ method: "MKCOL", url: `${own}/`, expected: [405] });
    const body = new TextEncoder().encode(`${Date.now() + LEASE_MS} ${owner}`);
    await this.#client.send({ method: "PUT", url: `${own}/until`, body });
    const headers = { destination: `${this.#url}/`, overwrite: "F" };
    const call = { method: "MOVE", url: `${own}/`, headers, expected: [...TAKEN, GONE] };
    const { status } = await this.#client.send(call);
    const held = await this.#holder();
    if (held?.owner === owner) {
      this.#abandoned.delete(owner);
      return { [Symbol.asyncDispose]: () => this.#release(owner) };
    }
    // What is not there any more was moved, whatever was read: the lock is ours, and to be given up.
    if (await this.#remove(own)) this.#abandoned.delete(owner);
    if (held === undefined && status === 403) {
      throw new IoError("STORE_BACKEND_REFUSED", own, "MOVE", "the server does not move collections");
    }
    // Its owner is long gone; whoever comes next takes it.
    if (held !== undefined && (held.untilMs < Date.now() || this.#abandoned.has(held.owner))) {
      await this.#release(held.owner);
    }
    throw fileError("FILES_LOCKED", this.#url, "lock");
  }

  async #release(owner: string): Promise<void> {
    this.#abandoned.add(owner);
    await this.#remove(this.#url);
    this.#abandoned.delete(owner);
  }

  /** @returns whether there was something */
  async #remove(url: string): Promise<boolean> {
    const { status } = await this.#client.send({ method: "DELETE", url: `${url}/`, expected: [404] });
    return status !== 404;
  }

  async #holder(): Promise<Holder | undefined> {
    try {
      const { body } = await this.#client.send({
        method: "GET",
        url: `${this.#url}/until`,
        limitBytes: 1024,
      });
      const [until, owner = ""] = Buffer.from(body).toString("latin1").split(" ");
      return { owner, untilMs: Number(until) };
    } catch (error) {
      if (isMillraceError(error, "FILES_NOT_FOUND")) return undefined;
      throw error;
    }
  }
}
