import { parentPort, type Transferable } from "node:worker_threads";
import { MillraceError } from "@millrace/base";
import { serializeError, type WorkerReply } from "./worker-protocol.ts";

const transferLists = new WeakMap<object, readonly Transferable[]>();

/**
 * Marks buffers of a task's result that are handed over rather than copied.
 * @returns `result`, for `return withTransfer(result, [result.buffer])`
 */
export function withTransfer<R extends object>(result: R, transferList: readonly Transferable[]): R {
  transferLists.set(result, transferList);
  return result;
}

/**
 * Makes a module a worker of a `WorkerPool`: call it once, at the module's top level.
 *
 * The handler gets one task at a time; what it returns or throws is the answer to `run`.
 *
 * @throws MillraceError `STREAM_WORKER_OUTSIDE` on the main thread
 * @example
 * serveTasks((values: Float64Array) => withTransfer(values.map(Math.sqrt), []));
 */
export function serveTasks<Task, Result>(handler: (task: Task) => Result | Promise<Result>): void {
  const port = parentPort;
  if (port === null) {
    throw new MillraceError(
      "STREAM_WORKER_OUTSIDE",
      "serveTasks was called on the main thread; give its module's URL to a WorkerPool instead of importing it",
    );
  }
  const answer = async (task: Task): Promise<void> => {
    try {
      const value = await handler(task);
      const transferList = typeof value === "object" && value !== null ? transferLists.get(value) : undefined;
      const reply: WorkerReply = { isDone: true, value };
      // Throws, too, for a result that cannot be cloned: that is the task's failure.
      port.postMessage(reply, transferList === undefined ? [] : [...transferList]);
    } catch (error) {
      const reply: WorkerReply = { isDone: false, error: serializeError(error) };
      port.postMessage(reply);
    }
  };
  port.on("message", answer);
}
