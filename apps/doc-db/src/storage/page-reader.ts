/** What reading pages takes: the newest pages, or those of one moment. */
export interface PageReader {
  /** A page's bytes, valid until the operation ends. */
  read(number: number): Uint8Array;
  /** Of the file, for messages. */
  readonly path: string;
}
