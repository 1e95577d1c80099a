/** What a worker answers to each task; between this package's two sides only. */
export type WorkerReply =
  | { readonly isDone: true; readonly value: unknown }
  | { readonly isDone: false; readonly error: SerializedError };

/** An error as it crosses threads: structured cloning would lose its class and its code. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

export function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), stack: undefined, code: undefined };
  }
  const code: unknown = (error as { code?: unknown }).code;
  const { name, message, stack } = error;
  return { name, message, stack, code: typeof code === "string" ? code : undefined };
}

/** An Error with the name, message, stack and code that the other side had. */
export function deserializeError(serialized: SerializedError): Error {
  const error = new Error(serialized.message);
  error.name = serialized.name;
  if (serialized.stack !== undefined) error.stack = serialized.stack;
  if (serialized.code !== undefined) Object.assign(error, { code: serialized.code });
  return error;
}
