/** Told how many bytes of all are done, now and then; the last time all of them. */
export type ReportBytes = (bytes: number, totalBytes: number) => void;
