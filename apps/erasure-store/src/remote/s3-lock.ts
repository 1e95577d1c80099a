import { IoError, isMillraceError } from "@millrace/base";
import { fileError } from "@millrace/files";
import { NOT_IMPLEMENTED, type S3Bucket } from "@millrace/remote";

/** How long a lock keeps others out whose owner died; commits take far less. */
const LEASE_MS = 5 * 60 * 1000;

interface Holder {
  readonly owner: string;
  readonly untilMs: number;
}

/**
 * The lock of a bucket: a value that is made only where there is none (If-None-Match), with the time until which it
 * holds. Where the server refuses conditions, each writer makes a value of its own and looks who else has one.
 */
export class S3Lock {
  readonly #bucket: S3Bucket;
  /** Owners of locks that were given up, and are there perhaps. */
  readonly #abandoned = new Set<string>();

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  /** @throws IoError `FILES_LOCKED` while another holds it */
  async take(): Promise<AsyncDisposable> {
    const holder = { owner: crypto.randomUUID(), untilMs: Date.now() + LEASE_MS };
    // Until it is known to be gone: whoever finds it later in this process may take it away.
    this.#abandoned.add(holder.owner);
    if (this.#bucket.knowsConditions) {
      const key = `${this.#bucket.prefix}lock`;
      const url = this.#bucket.urlOfKey(key);
      const body = new TextEncoder().encode(JSON.stringify(holder));
      const headers = { "if-none-match": "*" };
      const expected = [409, 412, NOT_IMPLEMENTED];
      const { status } = await this.#bucket.client.send({ method: "PUT", url, headers, body, expected });
      if (status !== NOT_IMPLEMENTED) return await this.#takeValue(key, holder.owner);
      this.#bucket.knowsConditions = false;
    }
    return await this.#takeTurn(holder);
  }

  /** Who holds it is what is read back: an answer that is lost on its way says nothing. */
  async #takeValue(key: string, owner: string): Promise<AsyncDisposable> {
    const held = await this.#holder(key);
    if (held?.owner === owner) return this.#held(key, owner);
    if (held !== undefined) await this.#removeStale(key, held);
    throw fileError("FILES_LOCKED", this.#bucket.urlOfKey(key), "lock");
  }

  /**
   * Makes a value of its own, then looks. Of two writers the one that looks last has made its value first, or both see
   * each other and both withdraw, to come again after waits of chance: never do both go on, where lists have what was
   * written before.
   */
  async #takeTurn({ owner, untilMs }: Holder): Promise<AsyncDisposable> {
    const folder = `${this.#bucket.prefix}locks/`;
    const own = `${untilMs}.${owner}`;
    const url = this.#bucket.urlOfKey(folder + own);
    await this.#bucket.client.send({ method: "PUT", url, body: new Uint8Array(0) });
    let isFree = true;
    for (const name of await this.#bucket.list(folder)) {
      if (name === own) continue;
      const [until, other] = name.split(".");
      const held = { owner: other ?? "", untilMs: Number(until) };
      if (!(await this.#removeStale(folder + name, held))) isFree = false;
    }
    const lock = this.#held(folder + own, owner);
    if (isFree) return lock;
    await lock[Symbol.asyncDispose]();
    throw fileError("FILES_LOCKED", url, "lock");
  }

  #held(key: string, owner: string): AsyncDisposable {
    this.#abandoned.delete(owner);
    const release = async (): Promise<void> => {
      this.#abandoned.add(owner);
      await this.#bucket.remove(key);
      this.#abandoned.delete(owner);
    };
    return { [Symbol.asyncDispose]: release };
  }

  /** Takes away what an owner left who is long gone, or who is of this process and has given up. */
  async #removeStale(key: string, { owner, untilMs }: Holder): Promise<boolean> {
    if (!(untilMs < Date.now() || this.#abandoned.has(owner))) return false;
    await this.#bucket.remove(key);
    this.#abandoned.delete(owner);
    return true;
  }

  async #holder(key: string): Promise<Holder | undefined> {
    const url = this.#bucket.urlOfKey(key);
    try {
      const { body } = await this.#bucket.client.send({ method: "GET", url, limitBytes: 1024 });
      return JSON.parse(Buffer.from(body).toString("utf8")) as Holder;
    } catch (error) {
      if (isMillraceError(error, "FILES_NOT_FOUND")) return undefined;
      if (error instanceof SyntaxError) {
        throw new IoError("STORE_BACKEND_FAILED", url, "lock", "the lock is none of ours", { cause: error });
      }
      throw error;
    }
  }
}
