import { InvalidArgumentError } from "@millrace/base";
import { duration, integerBetween, numberBetween, type VerbSpec } from "@millrace/cli";
import { arbiterLines } from "../filters/arbiter-lines.ts";
import { backgroundActivity, rateLimit, refractory } from "../filters/denoise.ts";
import type { EventFilter, FilterSize } from "../filters/event-filter.ts";
import { everyNth, polarity, type Region, regions, timeWindow } from "../filters/selections.ts";
import { crop, flipX, flipY, rotate, transpose } from "../filters/transforms.ts";
import type { Recording } from "../recording.ts";
import { requireSize } from "../recording-size.ts";
import { addInputFlags, type InputFlags, oneOf } from "./input-flags.ts";

/** The flags of `filter`, beside those of the input. */
export interface FilterFlags extends InputFlags {
  readonly from?: number;
  readonly until?: number;
  readonly region?: readonly Region[];
  readonly polarity?: "on" | "off";
  readonly every?: number;
  readonly refractory?: number;
  readonly background?: number;
  readonly arbiter?: number;
  readonly maxRate?: number;
  readonly crop?: Region;
  readonly flip?: readonly ("x" | "y")[];
  readonly rotate?: "90" | "180" | "270";
  readonly transpose?: boolean;
}

/** Adds {@link FilterFlags} to a verb. */
export const addFilterFlags: NonNullable<VerbSpec<FilterFlags>["flags"]> = (command) =>
  addInputFlags(command)
    .option(
      "--from <time>",
      "events from this time on: 250ms, 1.5s; counted as in the recording",
      microseconds,
    )
    .option("--until <time>", "events before this time", microseconds)
    .option(
      "--region <x,y,w,h>",
      "events inside a rectangle; may be given more than once",
      collect(parseRegion),
    )
    .option("--polarity <on|off>", "events that got brighter, or darker", oneOf("polarity", ["on", "off"]))
    .option("--every <n>", "the first event and every n-th behind it", parseCount)
    .option("--refractory <time>", "a dead time of each pixel behind an event", microseconds)
    .option("--background <time>", "drop events without a neighbour in this time before", microseconds)
    .option(
      "--arbiter <share>",
      "drop rows of which more than this share fired at one time: 0.5",
      numberBetween(0.000001, 1),
    )
    .option(
      "--max-rate <events>",
      "drop what is above so many events in a millisecond",
      integerBetween(1, 2 ** 31),
    )
    .option("--crop <x,y,w,h>", "a rectangle, counted from its corner", parseRegion)
    .option("--flip <x|y>", "mirror left and right, or top and bottom", collect(oneOf("flip", ["x", "y"])))
    .option("--rotate <degrees>", "90, 180 or 270 to the right", oneOf("rotate", ["90", "180", "270"]))
    .option("--transpose", "exchange columns and rows");

/**
 * The filters that flags ask for, in the order of the help: selections, denoising, then what moves pixels.
 * @throws InvalidArgumentError when one needs the sensor's size and nothing tells it
 */
export function filtersOf(flags: FilterFlags, recording: Recording): EventFilter[] {
  const filters: EventFilter[] = [];
  let size: FilterSize | undefined;
  const known = (): FilterSize => size ?? requireSize(recording);
  const add = (filter: EventFilter): void => {
    filters.push(filter);
    if (filter.sizeAfter !== undefined) size = filter.sizeAfter(size ?? { width: 65_536, height: 65_536 });
  };
  if (flags.from !== undefined || flags.until !== undefined) {
    add(timeWindow(flags.from ?? Number.NEGATIVE_INFINITY, flags.until ?? Number.POSITIVE_INFINITY));
  }
  if (flags.region !== undefined) add(regions(...flags.region));
  if (flags.polarity !== undefined) add(polarity(flags.polarity === "on" ? 1 : 0));
  if (flags.arbiter !== undefined) add(arbiterLines(known(), { share: flags.arbiter }));
  if (flags.refractory !== undefined) add(refractory(flags.refractory, known()));
  if (flags.background !== undefined) add(backgroundActivity(flags.background, known()));
  if (flags.maxRate !== undefined) add(rateLimit(flags.maxRate, 1000));
  if (flags.every !== undefined) add(everyNth(flags.every));
  if (flags.crop !== undefined) add(crop(flags.crop));
  for (const axis of flags.flip ?? []) add(axis === "x" ? flipX(known()) : flipY(known()));
  if (flags.rotate !== undefined) {
    size = known();
    add(rotate(Number(flags.rotate) as 90 | 180 | 270, size));
  }
  if (flags.transpose === true) {
    size = known();
    add(transpose());
  }
  return filters;
}

/** A flag with a time, in µs: "250ms". */
export function microseconds(text: string): number {
  return Math.round(duration(text) * 1000);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("EVENTS_OPTION_VALUE", "every", text, "a whole number from 1 on");
}

function parseRegion(text: string): Region {
  const numbers = text.split(",").map(Number);
  const [x, y, width, height] = numbers as [number, number, number, number];
  const isWhole = numbers.length === 4 && numbers.every((value) => Number.isSafeInteger(value) && value >= 0);
  if (isWhole && width >= 1 && height >= 1) return { x, y, width, height };
  throw new InvalidArgumentError(
    "EVENTS_OPTION_VALUE",
    "rectangle",
    text,
    'column, row, width and height: "10,20,64,48"',
  );
}

/** A flag that may be given more than once. */
function collect<T>(parse: (text: string) => T): (text: string, before?: readonly T[]) => readonly T[] {
  return (text, before = []) => [...before, parse(text)];
}
