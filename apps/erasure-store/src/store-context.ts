import type { TemporarySpace, Vfs } from "@millrace/files";
import type { MemoryBudget, ProgressReport } from "@millrace/stream";
import type { ShardBackend } from "./backend.ts";
import type { FilledConfig } from "./config.ts";
import type { Coders } from "./engines.ts";
import type { RepositoryKey } from "./repository-key.ts";
import type { StoreMetrics } from "./store-metrics.ts";

/** What the operations of one store share. */
export interface StoreContext {
  readonly vfs: Vfs;
  readonly config: FilledConfig;
  readonly backends: readonly ShardBackend[];
  readonly budget: MemoryBudget;
  /** For what a server must be given whole. */
  readonly temporary: TemporarySpace;
  /** Where puts note which upload they are; undefined for a configuration that is no file. */
  readonly uploadsDirectory: string | undefined;
  readonly coders: Coders;
  readonly metrics: StoreMetrics;
  /** The key that keeps the keys of encrypted objects; read when it is needed first. */
  repositoryKey(): Promise<RepositoryKey>;
}

/** What every operation that can take long takes. */
export interface WorkOptions {
  /** Ends the work with an AbortedError; what was there before stays. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Told at most ten times a second how far it is. @default nobody */
  readonly onProgress?: ((report: ProgressReport) => void) | undefined;
}
