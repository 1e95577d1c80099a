// Only names: whoever lists them need not load what writes the formats.

/** Formats that an encoder makes, piece by piece. */
export const ENCODED_FORMATS: readonly string[] = Object.freeze([
  "EVT2",
  "EVT2.1",
  "EVT3",
  "EVT4",
  "DAT",
  "ES",
  "AEDAT4",
  "NPY",
  "rpg-text",
  "v2e-text",
  "metavision-csv",
]);

/** Formats of event cameras that can be written by name. */
export const OUTPUT_FORMATS: readonly string[] = Object.freeze([
  ...ENCODED_FORMATS,
  "NPZ",
  "HDF5-DSEC",
  "HDF5-Metavision",
]);

/** The format that an output's ending stands for where none is named. */
export const FORMAT_BY_ENDING: Readonly<Record<string, string>> = Object.freeze({
  ".raw": "EVT3",
  ".dat": "DAT",
  ".es": "ES",
  ".aedat4": "AEDAT4",
  ".h5": "HDF5-DSEC",
  ".hdf5": "HDF5-Metavision",
  ".npy": "NPY",
  ".npz": "NPZ",
  ".txt": "rpg-text",
});
