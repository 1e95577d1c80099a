/** Bytes that are gathered before they are written. */
const WRITE_BYTES = 1024 * 1024;
/** Buffers: one is filled while the others are written. */
const BUFFERS = 4;

/** Gathers pieces, which may change as soon as they are added, into large writes, of which several are under way. */
export class GatheringWriter {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #buffers: Uint8Array[] = [];
  /** The writes under way, by buffer. */
  readonly #writing: Promise<void>[] = [];
  #turn = 0;
  #filled = 0;
  #failure: { readonly error: unknown } | undefined;

  /** @param write - appends; calls count in the order in which they are made */
  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** Takes over what is in `piece`. @throws what an earlier write failed with */
  async add(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const turn = this.#turn % BUFFERS;
      if (this.#filled === 0) await this.#writing[turn];
      this.#throwFailure();
      this.#buffers[turn] ??= new Uint8Array(WRITE_BYTES);
      const part = piece.subarray(at, at + WRITE_BYTES - this.#filled);
      this.#buffers[turn].set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === WRITE_BYTES) this.#flush();
    }
  }

  /** Writes the rest and waits for all writes. @throws what one of them failed with */
  async finish(): Promise<void> {
    if (this.#filled > 0) this.#flush();
    await this.settle();
    this.#throwFailure();
  }

  /** Waits until no write is under way any more, whatever comes of it. */
  async settle(): Promise<void> {
    await Promise.all(this.#writing);
  }

  #flush(): void {
    const turn = this.#turn % BUFFERS;
    const ready = this.#buffers[turn]!.subarray(0, this.#filled);
    this.#writing[turn] = this.#write(ready).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#turn++;
    this.#filled = 0;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
