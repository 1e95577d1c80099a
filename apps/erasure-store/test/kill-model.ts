import { seededRandom } from "@millrace/base";

/** Names of the objects that a killed process works on. */
export const KILL_NAMES: readonly string[] = ["large/1", "large/2", "mixed"];

/** What a process says before it begins an operation, and when it is done. */
export interface KillLine {
  readonly kind: "ready" | "put" | "remove" | "repair";
  readonly at: "begin" | "end";
  readonly name?: string;
  readonly version?: number;
}

/** The bytes of a version: small, of a few stripes, or of many. */
export function contentFor(version: number): Uint8Array {
  const random = seededRandom(version);
  return random.fill(new Uint8Array(random.nextInt(0, [100, 3000, 300_000][version % 3]!)));
}

/** What objects may be after what was said; a version, or undefined for none. */
export class KillModel {
  readonly #possible = new Map<string, Set<number | undefined>>(
    KILL_NAMES.map((name) => [name, new Set([undefined])]),
  );

  /** Follows what a process said until it died. @returns how many operations were acknowledged */
  follow(lines: readonly KillLine[]): number {
    let done = 0;
    for (const { kind, at, name, version } of lines) {
      if (at === "end" && kind !== "ready") done++;
      if (name === undefined) continue;
      const next = kind === "put" ? version : undefined;
      if (at === "end") this.#possible.set(name, new Set([next]));
      else this.#possible.get(name)!.add(next);
    }
    return done;
  }

  /** Whether an object may have these bytes; from now on it does. */
  settle(name: string, bytes: Uint8Array | undefined): boolean {
    for (const version of this.#possible.get(name)!) {
      const expected = version === undefined ? undefined : contentFor(version);
      const isSame =
        expected === undefined || bytes === undefined
          ? expected === bytes
          : Buffer.compare(expected, bytes) === 0;
      if (!isSame) continue;
      this.#possible.set(name, new Set([version]));
      return true;
    }
    return false;
  }
}
