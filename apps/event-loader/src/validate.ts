import { type EventChunk, timeOfRow } from "./event-rows.ts";
import type { Recording } from "./recording.ts";
import { isDamage, VIOLATION_MEANINGS, type ViolationKind } from "./violations.ts";

/** Something that is wrong in a recording. */
export interface ValidationFinding {
  /** A kind of violation, `timeOrder`, `negativeTime` or `unreadable`. */
  readonly kind: string;
  readonly count: number;
  /** What it means, for people. */
  readonly meaning: string;
}

/** What {@link validateRecording} found. */
export interface ValidationReport {
  /** Events that could be read. */
  readonly events: number;
  /** Nothing is wrong where this is empty. */
  readonly findings: readonly ValidationFinding[];
  /** The farthest that an event is behind the latest time before it, in µs; 0 in a sorted recording. */
  readonly mostBackUs: number;
}

interface Order {
  latestUs: number;
  mostBackUs: number;
  /** Events that are earlier than the one before them. */
  falls: number;
  negatives: number;
}

/**
 * Reads all of a recording and lists what is wrong in it: violations of its format, events out of order or before time
 * 0, and where it cannot be read any further.
 *
 * @throws IoError, AbortedError, and the first violation in strict reading; damage of the data is a finding
 */
export async function validateRecording(recording: Recording): Promise<ValidationReport> {
  const order: Order = { latestUs: Number.NEGATIVE_INFINITY, mostBackUs: 0, falls: 0, negatives: 0 };
  const findings: ValidationFinding[] = [];
  let events = 0;
  let previousUs = Number.NEGATIVE_INFINITY;
  try {
    for await (const chunk of recording.events()) {
      using held = chunk;
      events += held.rowCount;
      previousUs = checkOrder(held, previousUs, order);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    const meaning = `nothing behind event ${events} can be read: ${error.message}`;
    findings.push({ kind: "unreadable", count: 1, meaning });
  }
  for (const [kind, count] of Object.entries(recording.violations)) {
    findings.push({ kind, count, meaning: VIOLATION_MEANINGS[kind as ViolationKind] });
  }
  const { falls, negatives, mostBackUs } = order;
  if (falls > 0) {
    const meaning = `events are earlier than the one before them, by up to ${mostBackUs} µs from the latest; most formats hold none`;
    findings.push({ kind: "timeOrder", count: falls, meaning });
  }
  if (negatives > 0) {
    findings.push({ kind: "negativeTime", count: negatives, meaning: "events have times below 0" });
  }
  return { events, findings, mostBackUs };
}

/** @returns the time of the last event */
function checkOrder(chunk: EventChunk, previousUs: number, order: Order): number {
  const times = chunk.words("t");
  let { latestUs, mostBackUs, falls, negatives } = order;
  let previous = previousUs;
  for (let row = 0; row < chunk.rowCount; row++) {
    const time = timeOfRow(times, row);
    if (time < previous) falls++;
    if (time < 0) negatives++;
    if (time > latestUs) latestUs = time;
    else if (latestUs - time > mostBackUs) mostBackUs = latestUs - time;
    previous = time;
  }
  order.latestUs = latestUs;
  order.mostBackUs = mostBackUs;
  order.falls = falls;
  order.negatives = negatives;
  return previous;
}
