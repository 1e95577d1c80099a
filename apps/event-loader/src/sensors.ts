/** What a camera records when its file does not say so. */
export interface SensorDefaults {
  readonly format: "EVT2" | "EVT3";
  readonly width: number;
  readonly height: number;
}

const EVT2_VGA: SensorDefaults = { format: "EVT2", width: 640, height: 480 };
const EVT2_HD: SensorDefaults = { format: "EVT2", width: 1280, height: 720 };
const EVT3_VGA: SensorDefaults = { format: "EVT3", width: 640, height: 480 };
const EVT3_HD: SensorDefaults = { format: "EVT3", width: 1280, height: 720 };

/** By the decimal `system_ID` of a RAW header (OpenEB's list of Prophesee systems); newer ones name their format. */
const BY_SYSTEM_ID: ReadonlyMap<number, SensorDefaults> = new Map([
  [21, EVT2_VGA], // CCAM3_GEN3
  [23, EVT2_VGA], // CCAM4_GEN3
  [25, EVT2_VGA], // CCAM4_GEN3_EVK
  [28, EVT2_VGA], // CCAM3_GEN31
  [29, EVT2_VGA], // CCAM4_GEN3_REV_B_EVK
  [33, EVT2_VGA], // VISIONCAM_GEN3
  [34, EVT2_VGA], // VISIONCAM_GEN31
  [35, EVT2_VGA], // CCAM5_GEN31
  [41, EVT2_VGA], // EVK2_GEN31
  [26, EVT2_HD], // CCAM3_GEN4
  [31, EVT2_HD], // EVK2_GEN4
  [39, EVT2_HD], // EVK2_GEN41
  [40, EVT3_VGA], // EVK3_GEN31_EVT3
  [30, EVT3_HD], // CCAM5_GEN4
  [46, EVT3_HD], // CCAM5_GEN4_FIXED_FRAME
  [48, EVT3_HD], // EVK3_GEN41
  [49, EVT3_HD], // EVK3_IMX636
  [50, EVT3_HD], // EVK2_IMX636
]);

/** The defaults of a camera by its `system_ID`, or undefined for one that is not in the table. */
export function sensorDefaults(systemId: number): SensorDefaults | undefined {
  return BY_SYSTEM_ID.get(systemId);
}
