import { ClosedError, IoError } from "@millrace/base";

/** Whether a database may be used: not once it is closed, and not after a failed write or sync, which is final. */
export class Health {
  isClosed = false;
  readonly #path: string;
  #failure: unknown;

  constructor(path: string) {
    this.#path = path;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Takes note of an error, if it is one: the first counts. */
  note(error: unknown): void {
    this.#failure ??= error;
  }

  /** @throws ClosedError `DOCDB_DATABASE_CLOSED`; IoError `DOCDB_DATABASE_FAILED` */
  check(): void {
    if (this.isClosed) throw new ClosedError("DOCDB_DATABASE_CLOSED", `the database ${this.#path}`);
    if (this.#failure === undefined) return;
    throw new IoError(
      "DOCDB_DATABASE_FAILED",
      this.#path,
      "write",
      "an earlier write or sync failed, so nothing more is accepted; cure the cause, close the database and open it again",
      { cause: this.#failure },
    );
  }

  /** Runs what writes to the file or its log; after a failure nothing more is accepted. */
  async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.note(error);
      throw error;
    }
  }

  /** As {@link Health.guard}, at once. */
  guardSync(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.note(error);
      throw error;
    }
  }
}
