import { checkOneOf, InvalidArgumentError } from "@millrace/base";
import { endingOf } from "@millrace/columnar";

/** What an experiment can be converted to. */
export const CONVERT_FORMATS = ["sonata", "nwb", "parquet", "zarr", "hdf5", "csv"] as const;

/** One of {@link CONVERT_FORMATS}. */
export type ConvertFormat = (typeof CONVERT_FORMATS)[number];

const ENDINGS: Readonly<Record<string, ConvertFormat>> = {
  ".nwb": "nwb",
  ".parquet": "parquet",
  ".zarr": "zarr",
  ".sonata": "sonata",
  ".csv": "csv",
};

/** The format that was asked for, or that the ending of `path` stands for. @throws InvalidArgumentError */
export function formatOf(path: string, given?: string): ConvertFormat {
  if (given !== undefined) return checkOneOf("snn", "to", given, CONVERT_FORMATS);
  const ending = endingOf(path);
  const format = path.endsWith(".sonata.h5") ? "sonata" : ENDINGS[ending];
  if (format !== undefined) return format;
  const expected = `${Object.keys(ENDINGS).join(", ")} or .sonata.h5; or say which with --to ${CONVERT_FORMATS.join("|")}`;
  throw new InvalidArgumentError("SNN_CONVERT_FORMAT", `ending of ${path}`, ending, expected);
}
