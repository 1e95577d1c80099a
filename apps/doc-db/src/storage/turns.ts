import { LanguageError } from "../mql/error.ts";
import { type WriteClaim, withinLimit } from "./write-claim.ts";

/** Settled in the turn of whoever asks: reads that run without waiting are over by then. */
const READ_IS_OVER: Promise<void> = Promise.resolve();

/** Whose turn it is with a database: readers, one writer, a transaction over several calls, one who is alone with it. */
export class Turns {
  /** During a change without waiting. */
  isChanging = false;
  readonly #path: string;
  /** Reads that are running, one within the other. */
  #reads = 0;
  /** Set while somebody has the database for himself. */
  #exclusive: Promise<void> | undefined;
  #claim: WriteClaim | undefined;
  /** Whoever may write, where the file follows another one. */
  #follower: WriteClaim | undefined;

  readonly #isToRead: boolean;

  /** @param isToRead - whether the file was opened to be read */
  constructor(path: string, isToRead: boolean) {
    this.#path = path;
    this.#isToRead = isToRead;
  }

  /** Settled when nobody has the database for himself any more; undefined while nobody has. */
  get exclusive(): Promise<void> | undefined {
    return this.#exclusive;
  }

  /** Whether a change without waiting would have to wait for others. */
  get isTaken(): boolean {
    return this.#reads > 0 || this.#claim !== undefined || this.#exclusive !== undefined;
  }

  get isReadOnly(): boolean {
    return this.#isToRead || this.#follower !== undefined;
  }

  beginRead(): void {
    this.#reads++;
  }

  /** @returns whether no other read goes on around it */
  endRead(): boolean {
    return --this.#reads === 0;
  }

  /** Runs work while nobody else reads or writes. @param begin - is called when the turn has come */
  async alone<T>(begin: () => void, work: () => Promise<T>): Promise<T> {
    while (this.#exclusive !== undefined) await this.#exclusive;
    begin();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exclusive = promise;
    try {
      return await work();
    } finally {
      this.#exclusive = undefined;
      resolve();
    }
  }

  /**
   * What a writer has to wait for; undefined when he may go on, but only at once: whoever waits for anything else
   * after it has to ask again. @throws LanguageError 112 after some time
   */
  writerWait(claim: WriteClaim | undefined): Promise<void> | undefined {
    this.checkWritable(claim);
    if (this.#reads > 0 || this.isChanging) return READ_IS_OVER;
    if (this.#claim !== undefined && this.#claim !== claim) return withinLimit(this.#claim.released);
    return this.#exclusive;
  }

  /**
   * Takes the right to write for a transaction over several calls. Readers go on; other writers wait.
   * @param begin - is called when the turn has come
   */
  async claimWrites(begin: () => void): Promise<WriteClaim> {
    for (let wait = this.writerWait(undefined); wait !== undefined; wait = this.writerWait(undefined))
      await wait;
    begin();
    const { promise, resolve } = Promise.withResolvers<void>();
    const claim: WriteClaim = {
      released: promise,
      release: () => {
        if (this.#claim === claim) this.#claim = undefined;
        resolve();
      },
    };
    this.#claim = claim;
    return claim;
  }

  /** From now on nobody writes but whoever has the claim: the file follows another one. */
  follow(): WriteClaim {
    this.#follower ??= { released: new Promise(() => {}), release: () => {} };
    return this.#follower;
  }

  /** @throws LanguageError 20 where the file was opened to be read */
  checkOpenToWrite(): void {
    if (!this.#isToRead) return;
    const expected = "one that is not opened with readOnly";
    throw new LanguageError(20, "write to", this.#path, expected, "DOCDB_READ_ONLY");
  }

  /** @throws LanguageError 10107 where the file follows another one, 20 where it was opened to be read */
  checkWritable(claim: WriteClaim | undefined): void {
    this.checkOpenToWrite();
    if (this.#follower === undefined || claim === this.#follower) return;
    const expected = "a database of its own: write to the one that it follows, or make one with docdb backup";
    throw new LanguageError(10107, "write to", `${this.#path}, a replica`, expected, "DOCDB_REPLICA_WRITE");
  }
}
