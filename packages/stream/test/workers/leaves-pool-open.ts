import { WorkerPool } from "@millrace/stream";

// A program that closes nothing must end all the same, once its work is done.
const pool = new WorkerPool<object, number>(new URL("./tasks.ts", import.meta.url), { threads: 2 });
const answers = await Promise.all(
  [1, 2, 3].map(async (n) => {
    const values = await (pool as WorkerPool<object, unknown>).run({
      kind: "double",
      values: new Float64Array([n]),
    });
    return (values as Float64Array)[0];
  }),
);
console.log(JSON.stringify(answers));
