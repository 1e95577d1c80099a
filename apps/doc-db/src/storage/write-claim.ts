import { LanguageError } from "../mql/error.ts";

/** How long a write waits for a transaction. */
const CLAIM_LIMIT_MS = 5000;

/** The right to write, of one transaction at a time. */
export interface WriteClaim {
  readonly released: Promise<void>;
  release(): void;
}

/** Waits for a transaction, but not for ever: it may be one of the same caller, who waits for this. */
export async function withinLimit(released: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new LanguageError(112, "write", `${CLAIM_LIMIT_MS} ms`, "no transaction that goes on for so long"),
        ),
      CLAIM_LIMIT_MS,
    );
  });
  try {
    await Promise.race([released, limit]);
  } finally {
    clearTimeout(timer);
  }
}
