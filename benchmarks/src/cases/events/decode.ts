import type { BenchmarkCases } from "../../case.ts";
import { decodingCase } from "../../event-contenders.ts";

const MILLION = 1_000_000;

/** From the file to reused chunks, on one core. */
export const cases: BenchmarkCases = {
  evt2: decodingCase("EVT2", 100 * MILLION, 250 * MILLION),
  evt3: decodingCase("EVT3", 100 * MILLION, 110 * MILLION),
  dat: decodingCase("DAT", 20 * MILLION, 60 * MILLION),
  aedat4: decodingCase("AEDAT4", 20 * MILLION, 60 * MILLION),
  "hdf5-ecf": decodingCase("HDF5-Metavision", 20 * MILLION, 40 * MILLION),
  text: decodingCase("rpg-text", 10 * MILLION, 10 * MILLION),
};
