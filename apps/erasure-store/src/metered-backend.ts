import type { MetricsRegistry } from "@millrace/metrics";
import { abortable, type RateLimiter } from "@millrace/stream";
import type {
  Area,
  BackendSource,
  BackendWriter,
  CreateOptions,
  HalfWritten,
  ShardBackend,
} from "./backend.ts";
import { BackendPace } from "./backend-pace.ts";
import { TRAITS, type Trait } from "./probe.ts";
import { TimedWriter } from "./timed-writer.ts";

/** Name of the gauge of how fast a backend takes shards. */
export const UPLOAD_PACE = "store_backend_upload_bytes_per_second";

/** Limits on bandwidth: of the backend, of the store. */
export interface BandwidthLimits {
  readonly upload: readonly RateLimiter[];
  readonly download: readonly RateLimiter[];
}

/** A backend whose pace is measured and whose bandwidth is limited. */
export class MeteredBackend implements ShardBackend {
  readonly name: string;
  readonly pace: BackendPace = new BackendPace();
  /** Of what it is given. */
  readonly uploadPace: BackendPace = new BackendPace();
  readonly #inner: ShardBackend;
  readonly #limits: BandwidthLimits;

  readonly isLockVain: boolean;
  readonly isThere?: (area: Area, key: string) => boolean;

  readonly #registry: MetricsRegistry | undefined;

  /** @param registry - gets the averages as gauges */
  constructor(inner: ShardBackend, limits: BandwidthLimits, isLockVain = false, registry?: MetricsRegistry) {
    this.#registry = registry;
    this.name = inner.name;
    this.isLockVain = isLockVain;
    this.#inner = inner;
    this.#limits = limits;
    if (inner.isThere !== undefined) this.isThere = (area, key) => inner.isThere!(area, key);
  }

  check(): Promise<void> {
    return this.#inner.check();
  }

  prepare(): Promise<void> {
    return this.#inner.prepare();
  }

  get canResume(): boolean {
    return this.#inner.canResume === true;
  }

  async create(area: Area, key: string, options?: CreateOptions): Promise<BackendWriter> {
    const writer = await this.#inner.create(area, key, options);
    const { upload } = this.#limits;
    const timed = new TimedWriter(writer, (bytes, ms) => this.#observeUpload(bytes, ms));
    if (upload.length === 0) return timed;
    return {
      write: async (bytes) => {
        await takeAll(upload, bytes.length);
        await timed.write(bytes);
      },
      commit: () => timed.commit(),
      abort: () => timed.abort(),
      ...(timed.suspend && { suspend: timed.suspend }),
    };
  }

  async open(area: Area, key: string, openSignal?: AbortSignal): Promise<BackendSource> {
    const startMs = performance.now();
    const source = await this.#inner.open(area, key, openSignal);
    this.#observe(0, performance.now() - startMs);
    const { download } = this.#limits;
    const read = async (into: Uint8Array, position: number, signal?: AbortSignal): Promise<number> => {
      await takeAll(download, into.length, signal);
      const readMs = performance.now();
      // What arrives after the reader has given up must not change what it has from elsewhere by then.
      const own = signal === undefined ? into : new Uint8Array(into.length);
      const count = await abortable(source.read(own, position, signal), signal, `reading ${source.name}`);
      if (own !== into) into.set(own.subarray(0, count));
      this.#observe(count, performance.now() - readMs);
      return count;
    };
    const close = (): Promise<void> => source.close();
    const { name, size, version } = source;
    const known = version !== undefined && { version };
    return { name, size, ...known, read, close, [Symbol.asyncDispose]: close };
  }

  async probe(): Promise<Trait[]> {
    return this.#inner.probe?.() ?? [...TRAITS];
  }

  list(area: Area): Promise<string[]> {
    return this.#inner.list(area);
  }

  halfWritten(): Promise<HalfWritten[]> {
    return this.#inner.halfWritten();
  }

  remove(area: Area, key: string): Promise<void> {
    return this.#inner.remove(area, key);
  }

  lock(): Promise<AsyncDisposable> {
    return this.#inner.lock();
  }

  #observeUpload(bytes: number, ms: number): void {
    this.uploadPace.observe(bytes, ms);
    const labels = { backend: this.name };
    this.#registry
      ?.gauge(UPLOAD_PACE, { help: "Average rate at which it takes shards.", labels })
      .set(this.uploadPace.bytesPerSecond ?? 0);
  }

  #observe(bytes: number, ms: number): void {
    this.pace.observe(bytes, ms);
    const labels = { backend: this.name };
    this.#registry
      ?.gauge("store_backend_latency_seconds", { help: "Average time of a small read.", labels })
      .set(this.pace.latency.mean / 1000);
    this.#registry
      ?.gauge("store_backend_bytes_per_second", { help: "Average rate of large reads.", labels })
      .set(this.pace.bytesPerSecond ?? 0);
  }
}

async function takeAll(limiters: readonly RateLimiter[], bytes: number, signal?: AbortSignal): Promise<void> {
  for (const limiter of limiters) await limiter.take(bytes, signal);
}
