import { availableParallelism } from "node:os";
import { type Transferable, Worker } from "node:worker_threads";
import { ClosedError, checkInteger, MillraceError, resolveOptions } from "@millrace/base";
import { abortedError } from "./abort.ts";
import { deserializeError, type WorkerReply } from "./worker-protocol.ts";

/** How many threads a {@link WorkerPool} has, and what stops it. */
export interface WorkerPoolOptions {
  /** Most threads; 1 to 1024. They are started when there is work for them. @default one a core */
  readonly threads?: number;
  /** Stops the pool: its threads are terminated, its tasks rejected with an AbortedError. @default none */
  readonly signal?: AbortSignal | undefined;
  /** What the workers find in `workerData` of `node:worker_threads`; cloned. @default undefined */
  readonly workerData?: unknown;
}

/** What a {@link WorkerPool} uses where nothing is given. */
export const DEFAULT_WORKER_POOL_OPTIONS: {
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  readonly workerData: unknown;
} = Object.freeze({ threads: availableParallelism(), signal: undefined, workerData: undefined });

interface Job<Task, Result> {
  readonly task: Task;
  readonly transferList: readonly Transferable[];
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread<Task, Result> {
  readonly worker: Worker;
  /** What it is working on; undefined while idle. */
  job: Job<Task, Result> | undefined;
}

/**
 * Runs tasks on worker threads, one at a time on each, first come first served.
 *
 * Starting a thread and passing a task have a price: a task should be a millisecond of work or more, its bytes in
 * transferred buffers. A thread that crashes rejects its own task and is replaced for the next. Idle threads do not
 * keep the process alive, working ones do.
 *
 * @example
 * await using pool = new WorkerPool<Float64Array, Float64Array>(new URL("./roots.ts", import.meta.url));
 * const roots = await pool.run(values, [values.buffer]);
 */
export class WorkerPool<Task, Result> {
  /** Most threads at once. */
  readonly threads: number;
  readonly #moduleUrl: URL;
  readonly #workerData: unknown;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly #all = new Set<Thread<Task, Result>>();
  readonly #idle: Thread<Task, Result>[] = [];
  readonly #queue: Job<Task, Result>[] = [];
  #stopError: Error | undefined;
  #terminated: Promise<unknown> | undefined;

  /**
   * @param workerModuleUrl - a module that calls `serveTasks` of `@millrace/stream/worker`
   * @throws InvalidArgumentError for an unknown option or one outside its range
   */
  constructor(workerModuleUrl: URL, options: WorkerPoolOptions = {}) {
    const { threads, signal, workerData } = resolveOptions("stream", DEFAULT_WORKER_POOL_OPTIONS, options);
    this.threads = checkInteger("stream", "threads", threads, 1, 1024);
    this.#moduleUrl = workerModuleUrl;
    this.#workerData = workerData;
    this.#signal = signal;
    this.#onAbort = () => this.#stop(abortedError(signal!, "worker pool"));
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Runs one task on the next free thread.
   * @param transferList - buffers of the task that are handed over; unusable here from the start of the task on
   * @throws MillraceError `STREAM_TASK_FAILED` with what the handler threw as its cause, `STREAM_TASK_UNSENDABLE` when
   *   the task cannot be cloned, `STREAM_WORKER_CRASHED` when the thread ended before it answered
   * @throws ClosedError `STREAM_POOL_CLOSED`, AbortedError `STREAM_WORK_ABORTED`
   */
  run(task: Task, transferList: readonly Transferable[] = []): Promise<Result> {
    if (this.#stopError !== undefined) return Promise.reject(this.#stopError);
    return new Promise<Result>((resolve, reject) => {
      this.#queue.push({ task, transferList, resolve, reject });
      this.#dispatch();
    });
  }

  /** Terminates every thread, rejecting the tasks that are not done with a ClosedError. Again does nothing. */
  async close(): Promise<void> {
    this.#stop(new ClosedError("STREAM_POOL_CLOSED", "worker pool"));
    await this.#terminated;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && (this.#idle.length > 0 || this.#all.size < this.threads)) {
      const job = this.#queue.shift()!;
      try {
        this.#start(this.#idle.pop() ?? this.#spawn(), job);
      } catch (error) {
        job.reject(error);
      }
    }
  }

  #start(thread: Thread<Task, Result>, job: Job<Task, Result>): void {
    try {
      thread.worker.postMessage(job.task, [...job.transferList]);
    } catch (cause) {
      this.#rest(thread);
      throw new MillraceError(
        "STREAM_TASK_UNSENDABLE",
        `worker pool: the task cannot be sent to a thread (${String(cause)}); send plain data and typed arrays`,
        { cause },
      );
    }
    thread.job = job;
    thread.worker.ref();
  }

  #rest(thread: Thread<Task, Result>): void {
    thread.job = undefined;
    thread.worker.unref();
    this.#idle.push(thread);
  }

  #spawn(): Thread<Task, Result> {
    const worker = this.#newWorker();
    const thread: Thread<Task, Result> = { worker, job: undefined };
    this.#all.add(thread);
    worker.on("message", (reply: WorkerReply) => this.#onReply(thread, reply));
    worker.on("messageerror", (cause) => this.#onCrash(thread, "sent what could not be read", cause));
    worker.on("error", (cause) => this.#onCrash(thread, `failed (${String(cause)})`, cause));
    worker.on("exit", (code) =>
      this.#onCrash(thread, `exited with code ${code} before it answered; does its module call serveTasks?`),
    );
    return thread;
  }

  #newWorker(): Worker {
    try {
      return new Worker(this.#moduleUrl, { workerData: this.#workerData });
    } catch (cause) {
      const why = `worker ${this.#moduleUrl} could not be started (${String(cause)})`;
      throw new MillraceError("STREAM_WORKER_CRASHED", why, { cause });
    }
  }

  #onReply(thread: Thread<Task, Result>, reply: WorkerReply): void {
    const job = thread.job;
    // A thread may still answer while it is being terminated; its task was rejected then.
    if (job === undefined) return;
    this.#rest(thread);
    if (reply.isDone) {
      // The module's handler decides what comes; its type is the caller's word.
      job.resolve(reply.value as Result);
    } else {
      const cause = deserializeError(reply.error);
      job.reject(new MillraceError("STREAM_TASK_FAILED", `worker task failed: ${cause.message}`, { cause }));
    }
    this.#dispatch();
  }

  #onCrash(thread: Thread<Task, Result>, how: string, cause?: unknown): void {
    if (!this.#all.delete(thread)) return;
    const idleAt = this.#idle.indexOf(thread);
    if (idleAt >= 0) this.#idle.splice(idleAt, 1);
    // Harmless for one that has exited; after messageerror it still runs.
    thread.worker.terminate();
    thread.job?.reject(
      new MillraceError("STREAM_WORKER_CRASHED", `worker ${this.#moduleUrl} ${how}`, { cause }),
    );
    thread.job = undefined;
    this.#dispatch();
  }

  #stop(error: Error): void {
    if (this.#stopError !== undefined) return;
    this.#stopError = error;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    const threads = [...this.#all];
    this.#all.clear();
    this.#idle.length = 0;
    for (const job of this.#queue.splice(0)) job.reject(error);
    for (const thread of threads) {
      thread.job?.reject(error);
      thread.job = undefined;
    }
    this.#terminated = Promise.all(threads.map((thread) => thread.worker.terminate()));
  }
}
