import type { HttpErrorCodes } from "@millrace/remote";

/** What the store calls the failures of its backends. */
export const BACKEND_ERROR_CODES: HttpErrorCodes = Object.freeze({
  failed: "STORE_BACKEND_FAILED",
  refused: "STORE_BACKEND_REFUSED",
});

/** So much of a body that must be whole before it is sent stays in memory; more goes to temporary files. */
export const MEMORY_BYTES: number = 8 * 1024 * 1024;
