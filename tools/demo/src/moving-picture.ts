import { seededRandom } from "@millrace/base";
import { RecordColumns, wordsOf } from "@millrace/buffers";

/** Columns of events: time in µs, place, and polarity (1 = brighter). */
export type EventColumns = RecordColumns<{ t: "int64"; x: "uint16"; y: "uint16"; p: "uint8" }>;

export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly durationMs: number;
  readonly seed: number;
}

/** Contrast at which a pixel fires, in natural logarithms of brightness; usual cameras have 0.1 to 0.5. */
const THRESHOLD = 0.2;
const FRAME_US = 1000;

/**
 * What an event camera sees of a picture that moves: a textured disc on a circular path before a grating.
 *
 * Each pixel fires when the logarithm of its brightness has changed by the threshold since it last fired: the model
 * of Rebecq et al., "ESIM: an Open Event Camera Simulator", CoRL 2018. One frame a millisecond; inside a frame the
 * pixels fire at seeded times, in order.
 */
export function seeMovingPicture({ width, height, durationMs, seed }: PictureOptions): EventColumns {
  const random = seededRandom(seed);
  const events: EventColumns = new RecordColumns({ t: "int64", x: "uint16", y: "uint16", p: "uint8" });
  const reference = new Float32Array(width * height);
  const radius = height / 5;
  for (let frame = 0; frame <= durationMs; frame++) {
    const angle = (frame / 400) * 2 * Math.PI;
    const centreX = width / 2 + (width / 4) * Math.cos(angle);
    const centreY = height / 2 + (height / 4) * Math.sin(angle);
    const fired: { at: number; pixel: number; p: number }[] = [];
    for (let pixel = 0; pixel < reference.length; pixel++) {
      const x = pixel % width;
      const y = (pixel - x) / width;
      const dx = x - centreX;
      const dy = y - centreY;
      const isDisc = dx * dx + dy * dy < radius * radius;
      const wave = isDisc ? Math.sin(dx / 4) * Math.sin(dy / 4) : 0.3 * Math.sin(x / 12);
      const brightness = Math.log((isDisc ? 1.6 : 0.8) + 0.6 * wave);
      if (frame === 0) reference[pixel] = brightness;
      const change = brightness - reference[pixel]!;
      if (Math.abs(change) < THRESHOLD) continue;
      reference[pixel] = brightness;
      fired.push({ at: Math.floor(random.next() * FRAME_US), pixel, p: change > 0 ? 1 : 0 });
    }
    fired.sort((a, b) => a.at - b.at || a.pixel - b.pixel);
    appendFrame(events, fired, frame * FRAME_US, width);
  }
  return events;
}

function appendFrame(
  events: EventColumns,
  fired: readonly { at: number; pixel: number; p: number }[],
  startUs: number,
  width: number,
): void {
  events.reserve(fired.length);
  const { t, x, y, p } = events.arrays;
  const timeWords = wordsOf(t);
  let row = events.rowCount;
  for (const event of fired) {
    timeWords[2 * row] = startUs + event.at;
    timeWords[2 * row + 1] = 0;
    x[row] = event.pixel % width;
    y[row] = Math.floor(event.pixel / width);
    p[row] = event.p;
    row++;
  }
  events.setRowCount(row);
}
