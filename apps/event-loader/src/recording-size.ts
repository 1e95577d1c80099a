import { InvalidArgumentError } from "@millrace/base";
import type { Geometry } from "./options.ts";
import type { Recording } from "./recording.ts";
import { summarizeEvents } from "./summary.ts";

/** The sensor's size. @throws InvalidArgumentError `EVENTS_GEOMETRY_UNKNOWN` where nothing has told it so far */
export function requireSize({ name, width, height }: Recording): Geometry {
  if (width !== undefined && height !== undefined) return { width, height };
  throw new InvalidArgumentError(
    "EVENTS_GEOMETRY_UNKNOWN",
    `geometry of ${name}`,
    undefined,
    "columns and rows: pass them (--geometry), the file has neither these nor events that were read",
  );
}

/** As {@link requireSize}; where the file does not tell the size, its events are read once to find it. */
export async function findSize(recording: Recording): Promise<Geometry> {
  if (recording.width === undefined || recording.height === undefined) {
    await summarizeEvents(recording.events());
  }
  return requireSize(recording);
}
