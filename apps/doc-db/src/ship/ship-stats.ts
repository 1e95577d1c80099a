/** How far a target is. */
export interface ShipStats {
  readonly target: string;
  /** The line of the target that goes on; 0 before the first attempt that succeeded. */
  readonly line: number;
  /** The last record that is there. */
  readonly lsn: number;
  /** Records that are not. */
  readonly behind: number;
  /** When the last one that is there was committed. */
  readonly at: Date | undefined;
  /** Copies of the file that a restore may begin with. */
  readonly bases: number;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
}
