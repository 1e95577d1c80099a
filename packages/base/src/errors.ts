/** Fields every error of this project may carry beside its message. */
export interface ErrorDetails {
  /** What went wrong underneath, when something did. */
  readonly cause?: unknown;
}

/**
 * Root of every error that this project throws on purpose.
 *
 * `code` is stable across releases and has the form `SCOPE_NOUN_PROBLEM`; each package lists its codes, with the
 * cure, in its README. Test for one with {@link isMillraceError}: `instanceof` fails when two copies are installed.
 */
export class MillraceError extends Error {
  readonly code: string;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** The caller passed something that cannot work; nothing was changed. */
export class InvalidArgumentError extends MillraceError {
  readonly argument: string;
  readonly received: unknown;
  readonly expected: string;

  /** @param expected - what would have been accepted, as a phrase: "an integer from 1 to 256" */
  constructor(code: string, argument: string, received: unknown, expected: string) {
    super(code, `${argument}: got ${describeValue(received)}, expected ${expected}`);
    this.argument = argument;
    this.received = received;
    this.expected = expected;
  }
}

/** Bytes that were read do not follow their format; `byteOffset` says where that was seen. */
export class CorruptDataError extends MillraceError {
  readonly format: string;
  readonly byteOffset: number;

  constructor(code: string, format: string, byteOffset: number, problem: string, details: ErrorDetails = {}) {
    super(code, `${format}: at byte ${byteOffset}: ${problem}`, details);
    this.format = format;
    this.byteOffset = byteOffset;
  }
}

/** A limit that the caller set would have been exceeded; nothing was changed. */
export class CapacityError extends MillraceError {
  readonly requiredBytes: number;
  readonly limitBytes: number;

  constructor(code: string, what: string, requiredBytes: number, limitBytes: number) {
    super(
      code,
      `${what}: needs ${requiredBytes} bytes, the limit is ${limitBytes}; raise the limit or use less at a time`,
    );
    this.requiredBytes = requiredBytes;
    this.limitBytes = limitBytes;
  }
}

/** The operating system refused a call; `cause` holds its error, `syscall` and `path` say on what. */
export class IoError extends MillraceError {
  readonly path: string;
  readonly syscall: string;

  constructor(code: string, path: string, syscall: string, problem: string, details: ErrorDetails = {}) {
    super(code, `${path}: ${problem}`, details);
    this.path = path;
    this.syscall = syscall;
  }
}

/** The object was used after `close()`. */
export class ClosedError extends MillraceError {
  constructor(code: string, what: string) {
    super(code, `${what} is closed; open it again to go on`);
  }
}

/** The caller's `AbortSignal` stopped the work; `cause` is the signal's reason. */
export class AbortedError extends MillraceError {
  constructor(code: string, what: string, details: ErrorDetails = {}) {
    super(code, `${what} was aborted`, details);
  }
}

/** True for an error of this project, and of that code where one is given. Works across installed copies. */
export function isMillraceError(error: unknown, code?: string): error is MillraceError {
  if (!(error instanceof Error) || typeof (error as { code?: unknown }).code !== "string") return false;
  const found = (error as MillraceError).code;
  if (code !== undefined) return found === code;
  // Node has codes of this form of its own, all of them beginning with ERR_.
  return /^(?!ERR_)[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(found);
}

/** A short, safe rendering of any value for an error message. */
export function describeValue(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  return `a ${value.constructor?.name ?? "plain object"}`;
}
