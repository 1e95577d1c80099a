import { workerData } from "node:worker_threads";
import { CorruptDataError } from "@millrace/base";
import { serveTasks, withTransfer } from "@millrace/stream/worker";

/** What the tests' worker can be asked to do. */
export type Task =
  | { readonly kind: "double"; readonly values: Float64Array<ArrayBuffer> }
  | { readonly kind: "wait"; readonly gate: Int32Array<SharedArrayBuffer>; readonly answer: number }
  | { readonly kind: "throw" | "crash" | "exit" | "unsendable" | "text" | "data" };

serveTasks((task: Task): unknown => {
  switch (task.kind) {
    case "double":
      for (let i = 0; i < task.values.length; i++) task.values[i]! *= 2;
      return withTransfer(task.values, [task.values.buffer]);
    case "wait":
      // Tells that it has started, then stands still until it is let go.
      Atomics.add(task.gate, 1, 1);
      Atomics.notify(task.gate, 1);
      Atomics.wait(task.gate, 0, 0);
      return task.answer;
    case "throw":
      throw new CorruptDataError("TEST_DATA_BAD", "test data", 17, "no such block");
    case "text":
      throw "only a text";
    case "crash":
      setImmediate(() => {
        throw new Error("thrown outside the task");
      });
      return new Promise(() => {});
    case "exit":
      return process.exit(3);
    case "unsendable":
      return () => {};
    case "data":
      return workerData;
  }
});
