import { InvalidArgumentError } from "@millrace/base";
import { diskVfs, type Vfs } from "@millrace/files";

/** What a recorder can write to. */
export const BACKENDS = ["hdf5", "zarr", "parquet"] as const;

/** One of {@link BACKENDS}. */
export type Backend = (typeof BACKENDS)[number];

/** The options that not every backend can do. */
interface BackendWishes {
  /** One of {@link BACKENDS}, or libhdf5 behind StandardDataExporter. */
  readonly backend: Backend | "h5wasm";
  readonly compression: string;
  readonly liveReading: boolean;
  readonly asyncWrite: boolean;
  readonly vfs: Vfs;
}

/** What a backend does not do, and why. */
interface Limits {
  readonly compressions: readonly string[];
  readonly live: string;
  readonly async: string;
}

const LIMITS: Readonly<Record<Exclude<BackendWishes["backend"], "hdf5">, Limits>> = {
  h5wasm: {
    compressions: ["gzip", "none"],
    live: "libhdf5 keeps what it wrote to itself",
    async: "libhdf5 works on one thread",
  },
  zarr: {
    compressions: ["gzip", "zstd", "none"],
    live: "the arrays of a Zarr store are not brought up to date together",
    async: "Zarr stores are written on one thread",
  },
  parquet: {
    compressions: ["none"],
    live: "a Parquet file can be read only when it is finished",
    async: "Parquet files are written on one thread",
  },
};

/** @throws InvalidArgumentError for what the backend cannot do, by name */
export function checkBackend(wishes: BackendWishes): void {
  const { backend, compression, liveReading, asyncWrite, vfs } = wishes;
  if (backend === "hdf5") return;
  const { compressions, live, async } = LIMITS[backend];
  if (liveReading) refuse("liveReading", true, `backend "hdf5": ${live}`);
  if (asyncWrite) refuse("asyncWrite", true, `backend "hdf5": ${async}`);
  if (!compressions.includes(compression)) {
    const taken = compressions.map((one) => `"${one}"`).join(" or ");
    refuse("compression", compression, `${taken} for backend "${backend}"`);
  }
  if (backend === "h5wasm" && vfs !== diskVfs) {
    refuse("vfs", "another than diskVfs", 'diskVfs for backend "h5wasm"');
  }
}

function refuse(name: string, value: unknown, expected: string): never {
  throw new InvalidArgumentError("SNN_OPTION_VALUE", `snn ${name}`, value, expected);
}
