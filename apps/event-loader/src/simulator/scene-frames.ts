import { checkInteger, checkOneOf, seededRandom } from "@millrace/base";
import type { SimulatorFrame } from "./simulate-events.ts";

/** A scene that is drawn by a formula. */
export type SceneName = "bar" | "dot" | "grating" | "noise";

/** Every {@link SceneName}. */
export const SCENE_NAMES: readonly SceneName[] = Object.freeze(["bar", "dot", "grating", "noise"]);

/** How a scene is filmed. */
export interface SceneOptions {
  /** Columns, 1 to 65,536. */
  readonly width: number;
  /** Rows, 1 to 65,536. */
  readonly height: number;
  /** How long, µs. */
  readonly durationUs: number;
  /** Time from frame to frame, µs. @default 1000 */
  readonly stepUs?: number;
  /** For the noise. @default 1 */
  readonly seed?: number;
}

/** Brightness at a place and a time in seconds, from 0 to 1. */
type Scene = (x: number, y: number, seconds: number) => number;

/** An edge one pixel wide, so that brightness does not jump from frame to frame. */
const soft = (distance: number): number => Math.max(0, Math.min(1, 0.5 - distance));

const SCENES: Readonly<Record<Exclude<SceneName, "noise">, (width: number, height: number) => Scene>> = {
  /** A bright bar that crosses the picture once a second. */
  bar: (width) => (x, _y, seconds) => {
    const behind = (((x - seconds * width) % width) + width) % width;
    return 0.1 + 0.8 * soft(Math.abs(behind - width / 2) - width / 16);
  },
  /** A bright dot on a circle, twice a second. */
  dot: (width, height) => {
    const radius = 0.35 * Math.min(width, height);
    return (x, y, seconds) => {
      const angle = 4 * Math.PI * seconds;
      const dx = x - width / 2 - radius * Math.cos(angle);
      const dy = y - height / 2 - radius * Math.sin(angle);
      return 0.1 + 0.8 * soft(Math.hypot(dx, dy) - radius / 5);
    };
  },
  /** Waves of 32 pixels that drift by 64 pixels a second. */
  grating: () => (x, _y, seconds) => 0.5 + 0.4 * Math.sin((2 * Math.PI * (x - 64 * seconds)) / 32),
};

/**
 * The frames of a scene: a bar that crosses the picture, a dot on a circle, drifting waves, or pixels that are random in
 * each frame. All frames share one array.
 * @throws InvalidArgumentError for an option out of its range
 */
export function* sceneFrames(
  name: SceneName,
  { width, height, durationUs, stepUs = 1000, seed = 1 }: SceneOptions,
): Generator<SimulatorFrame, void, undefined> {
  checkOneOf("events", "scene", name, SCENE_NAMES);
  checkInteger("events", "width", width, 1, 65_536);
  checkInteger("events", "height", height, 1, 65_536);
  checkInteger("events", "pixels", width * height, 1, 2 ** 25);
  checkInteger("events", "stepUs", stepUs, 1, 2 ** 40);
  checkInteger("events", "durationUs", durationUs, 1, 2 ** 52);
  const random = seededRandom(seed);
  const scene = name === "noise" ? () => random.next() : SCENES[name](width, height);
  const values = new Float32Array(width * height);
  for (let timeUs = 0; timeUs <= durationUs; timeUs += stepUs) {
    for (let i = 0; i < values.length; i++) values[i] = scene(i % width, Math.floor(i / width), timeUs / 1e6);
    yield { timeUs, values };
  }
}
