import { InvalidArgumentError, nearestName } from "@millrace/base";
import type { StoreConfig } from "./config.ts";
import type { PerformanceConfig } from "./performance-config.ts";

/** What may be said over a configuration file: by flags, and by the environment. */
export interface ConfigOverrides
  extends Partial<
    Pick<StoreConfig, "log_level" | "dataShards" | "parityShards" | "compression" | "durability">
  > {
  readonly performance?: PerformanceConfig | undefined;
}

const PREFIX = "MILLRACE_STORE_";

type Setting =
  | {
      readonly of: "store";
      readonly name: "log_level" | "dataShards" | "parityShards" | "compression" | "durability";
    }
  | { readonly of: "performance"; readonly name: keyof PerformanceConfig };

/** The variables, behind their prefix. */
const VARIABLES: Readonly<Record<string, Setting>> = {
  LOG_LEVEL: { of: "store", name: "log_level" },
  DATA_SHARDS: { of: "store", name: "dataShards" },
  PARITY_SHARDS: { of: "store", name: "parityShards" },
  COMPRESSION: { of: "store", name: "compression" },
  DURABILITY: { of: "store", name: "durability" },
  MEMORY_THRESHOLD: { of: "performance", name: "memory_threshold" },
  MAX_MEMORY_USAGE: { of: "performance", name: "max_memory_usage" },
  PIPELINE_UPLOADS: { of: "performance", name: "pipeline_uploads" },
  UPLOAD_LIMIT: { of: "performance", name: "upload_limit" },
  DOWNLOAD_LIMIT: { of: "performance", name: "download_limit" },
  TEMP_DIR: { of: "performance", name: "temp_directory" },
  USE_RAMDISK: { of: "performance", name: "use_ramdisk" },
  CONCURRENCY: { of: "performance", name: "concurrency" },
};

/** A variable with this prefix that is a secret of the caller's own choosing. */
const SECRET = /_(KEY|SECRET|TOKEN|PASSWORD)$/;

/**
 * What the variables `MILLRACE_STORE_…` say.
 * @throws InvalidArgumentError `STORE_ENVIRONMENT_UNKNOWN` for one that means nothing, with the nearest that does
 */
export function environmentOverrides(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigOverrides {
  const store: Record<string, unknown> = {};
  const performance: Record<string, unknown> = {};
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || text === undefined || text === "" || SECRET.test(variable)) continue;
    // Of the command: where the configuration is.
    if (variable === `${PREFIX}CONFIG`) continue;
    const setting = VARIABLES[variable.slice(PREFIX.length)];
    if (setting === undefined) {
      const known = Object.keys(VARIABLES).map((name) => PREFIX + name);
      const hint = nearestName(variable, known);
      throw new InvalidArgumentError(
        "STORE_ENVIRONMENT_UNKNOWN",
        "environment variable",
        variable,
        hint === undefined ? `one of ${known.join(", ")}` : `"${hint}", perhaps`,
      );
    }
    (setting.of === "store" ? store : performance)[setting.name] = settingOf(text);
  }
  return { ...store, performance };
}

/** Lays settings over a configuration. @param layers - the strongest first */
export function overlay(config: StoreConfig, layers: readonly ConfigOverrides[]): StoreConfig {
  let result = config;
  for (const { performance, ...store } of layers.toReversed()) {
    result = {
      ...result,
      ...defined(store),
      performance: { ...result.performance, ...defined(performance ?? {}) },
    };
  }
  return result;
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Text of the environment as YAML would have it. */
function settingOf(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^\d+$/.test(text) ? Number(text) : text;
}
