import { InvalidArgumentError } from "@millrace/base";
import { inspectInputFile, type Vfs } from "@millrace/files";
import { decodePngGrey, type GreyImage } from "@millrace/plot";
import type { Geometry } from "../options.ts";
import type { SimulatorFrame } from "./simulate-events.ts";

/** Pictures of one size in a folder. */
export interface ImageSequence {
  readonly size: Geometry;
  readonly count: number;
  /** The pictures in the order of their names, one in memory at a time. */
  frames(): AsyncGenerator<SimulatorFrame, void, undefined>;
}

/**
 * Opens a folder of PNG files as a film, in the order of their names; numbers in names count as numbers.
 * @param fps - frames a second
 * @throws InvalidArgumentError `EVENTS_FRAME_SHAPE` without two pictures, or for one of another size
 * @throws CorruptDataError for a damaged picture
 */
export async function openImageSequence(vfs: Vfs, folder: string, fps: number): Promise<ImageSequence> {
  const names = (await vfs.list(folder))
    .filter(({ name, kind }) => kind === "file" && /\.png$/i.test(name))
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (names.length < 2) {
    const what = `PNG files in ${folder}`;
    throw new InvalidArgumentError("EVENTS_FRAME_SHAPE", what, names.length, "two or more");
  }
  const { width, height } = await readImage(vfs, `${folder}/${names[0]!}`);
  return {
    size: { width, height },
    count: names.length,
    async *frames() {
      for (const [i, name] of names.entries()) {
        const image = await readImage(vfs, `${folder}/${name}`);
        if (image.width !== width || image.height !== height) {
          const found = `${image.width} x ${image.height}`;
          throw new InvalidArgumentError(
            "EVENTS_FRAME_SHAPE",
            name,
            found,
            `${width} x ${height}, as the first`,
          );
        }
        yield { timeUs: Math.round((1e6 * i) / fps), values: image.values };
      }
    },
  };
}

async function readImage(vfs: Vfs, path: string): Promise<GreyImage> {
  const { size } = await inspectInputFile(vfs, path);
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(size);
  await file.read(bytes, 0);
  return decodePngGrey(bytes, path);
}
