/** The transferability scores by the names that requests call them. */
export const TRANSFER_METHODS = [
  "emms",
  "logme",
  "logme-f",
  "leep",
  "nleep",
  "nce",
  "hscore",
  "hscore-reg",
  "transrate",
  "gbc",
  "parc",
  "sfda",
  "knn",
  "local",
  "asif+local",
  "linear-probe",
] as const;

export type TransferMethod = (typeof TRANSFER_METHODS)[number];

/** The scores that need features and labels alone: no network here says how likely its own classes are. */
export const SELECTION_METHODS = TRANSFER_METHODS.filter((name) => name !== "leep" && name !== "nce");

export type SelectionMethod = (typeof SELECTION_METHODS)[number];
