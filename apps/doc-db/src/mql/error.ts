import { InvalidArgumentError } from "@millrace/base";

/** A query, expression, update or index that MongoDB's language does not allow, or that fails on its values. */
export class LanguageError extends InvalidArgumentError {
  /** The number that MongoDB gives this error: 2 is BadValue, 9 FailedToParse, 14 TypeMismatch. */
  readonly serverCode: number;

  constructor(
    serverCode: number,
    what: string,
    received: unknown,
    expected: string,
    code: string = "DOCDB_QUERY_INVALID",
  ) {
    super(code, what, received, expected);
    this.serverCode = serverCode;
  }
}

/** Throws a {@link LanguageError}. */
export function fail(serverCode: number, what: string, received: unknown, expected: string): never {
  throw new LanguageError(serverCode, what, received, expected);
}
