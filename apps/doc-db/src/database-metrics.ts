import { MetricsRegistry, type MetricsSnapshot } from "@millrace/metrics";
import type { DatabaseStats } from "./database-stats.ts";

/**
 * The figures of a database as metrics; those that end in `_total` count since it was opened.
 * @param stats - of `db.stats()`
 * @example
 * console.log(toPrometheusText(databaseMetrics(await db.stats())));
 */
export function databaseMetrics(stats: DatabaseStats): MetricsSnapshot {
  const { io, bloom, columns } = stats;
  const metrics = new MetricsRegistry();
  for (const { name, documents, bytes } of stats.collections) {
    const labels = { collection: name };
    metrics.gauge("docdb_documents", { help: "Documents of a collection.", labels }).set(documents);
    metrics.gauge("docdb_document_bytes", { help: "Bytes of encoded documents.", labels }).set(bytes);
  }
  const gauges: readonly (readonly [name: string, help: string, value: number])[] = [
    ["docdb_page_bytes", "Bytes of all pages, free ones too.", stats.pages * stats.pageBytes],
    ["docdb_free_page_bytes", "Bytes of free pages.", stats.freePages * stats.pageBytes],
    ["docdb_file_bytes", "Bytes of the file.", stats.fileBytes],
    ["docdb_log_bytes", "Bytes of the log.", stats.walBytes],
    ["docdb_cache_bytes", "Bytes of pages in memory.", stats.cacheBytes],
    ["docdb_cache_hit_ratio", "Page reads that found the page in memory.", stats.cacheHitRate],
    ["docdb_column_bytes", "Bytes of columns in memory.", columns.bytes],
    ["docdb_filter_bytes", "Bytes of Bloom filters in memory.", bloom.bytes],
  ];
  for (const [name, help, value] of gauges) metrics.gauge(name, { help }).set(value);
  const counters: readonly (readonly [name: string, help: string, value: number])[] = [
    ["docdb_commits_total", "Commits.", stats.commits],
    ["docdb_log_syncs_total", "Syncs of the log.", stats.logSyncs],
    ["docdb_logged_bytes_total", "Bytes put into the log.", stats.loggedBytes],
    ["docdb_placed_bytes_total", "Bytes of new pages put into the file at once.", stats.placedBytes],
    ["docdb_logged_pages_total", "Pages changed, each once a commit.", stats.loggedPages],
    ["docdb_read_pages_total", "Pages read from the file.", io.pagesRead],
    ["docdb_written_pages_total", "Pages written to the file.", io.pagesWritten],
    ["docdb_read_bytes_total", "Bytes of pages read from the file.", io.bytesRead],
    ["docdb_written_bytes_total", "Bytes of pages written to the file.", io.bytesWritten],
    ["docdb_column_rows_total", "Documents looked at in columns alone.", columns.rows],
    ["docdb_filter_saved_total", "Searches that a filter spared.", bloom.saved],
  ];
  for (const [name, help, value] of counters) metrics.counter(name, { help }).add(value);
  for (const stage of ["compress", "decompress", "encrypt", "decrypt"] as const) {
    const options = { help: "Time that pages took.", labels: { stage } };
    metrics.counter("docdb_page_seconds_total", options).add(io[`${stage}Ms`] / 1000);
  }
  return metrics.snapshot();
}
