export { DEFAULT_WAL_OPTIONS, type WalOptions } from "./options.ts";
export type { WalRecord } from "./reader.ts";
export { Wal, type WalStats } from "./wal.ts";
