import { randomBytes } from "node:crypto";
import { MillraceError } from "@millrace/base";
import { encodeChecked, MANIFEST_KEY, readManifest, type ShipLine, type ShipManifest } from "./manifest.ts";
import type { ShipTarget } from "./target.ts";

/** The manifest of a target that one opening of a database writes, as long as nobody else does. */
export class OwnManifest {
  readonly #target: ShipTarget;
  readonly #writer = randomBytes(8).toString("hex");
  #current: ShipManifest | undefined;
  #isTaken = false;

  constructor(target: ShipTarget) {
    this.#target = target;
  }

  /** As it was last put; undefined until the target was taken over. */
  get current(): ShipManifest | undefined {
    return this.#current;
  }

  /** The line that goes on. */
  get line(): ShipLine | undefined {
    return this.#current?.lines.at(-1);
  }

  /** Whether another database has the target now, for good. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** What is there, under the name of this writer; nothing is put yet. */
  async read(): Promise<ShipManifest> {
    const found = await readManifest(this.#target);
    return {
      target: found?.target ?? randomBytes(8).toString("hex"),
      writer: this.#writer,
      lines: found?.lines ?? [],
    };
  }

  /** Puts it, whoever wrote the one before. */
  async takeOver(manifest: ShipManifest): Promise<void> {
    await this.#target.put(MANIFEST_KEY, encodeChecked(manifest));
    this.#current = manifest;
  }

  /** @throws MillraceError `DOCDB_SHIP_TAKEN` when another one ships here */
  async put(manifest: ShipManifest): Promise<void> {
    await this.#checkOwn();
    await this.takeOver(manifest);
  }

  async #checkOwn(): Promise<void> {
    const found = await readManifest(this.#target);
    if (found?.writer === this.#writer) return;
    this.#current = undefined;
    this.#isTaken = found !== undefined;
    const problem = this.#isTaken
      ? "another database, or another opening of this one, ships here now; give each one a target of its own"
      : "what was shipped is gone; it is begun anew";
    throw new MillraceError("DOCDB_SHIP_TAKEN", `${this.#target.name}: ${problem}`);
  }
}
