import { emms } from "./emms.ts";
import { gbc } from "./gbc.ts";
import { hscoreRegularized } from "./hscore-regularized.ts";
import { hscore } from "./hscore.ts";
import { knn } from "./knn.ts";
import { leep } from "./leep.ts";
import { linearProbe } from "./linear-probe.ts";
import { asifLocal, local } from "./local.ts";
import { logme, logmeF } from "./logme.ts";
import { nce } from "./nce.ts";
import { nleep } from "./nleep.ts";
import { parc } from "./parc.ts";
import { sfda } from "./sfda.ts";
import { transrate } from "./transrate.ts";
import { TRANSFER_METHODS, type TransferScorer, type TransferMethod } from "./types.ts";

/** Every score that there is. */
export const TRANSFER_SCORERS: readonly TransferScorer[] = [
  emms,
  logme,
  logmeF,
  leep,
  nleep,
  nce,
  hscore,
  hscoreRegularized,
  transrate,
  gbc,
  parc,
  sfda,
  knn,
  local,
  asifLocal,
  linearProbe,
];

const BY_NAME = new Map(TRANSFER_SCORERS.map((method) => [method.name, method]));

export const transferScorerOf = (name: TransferMethod): TransferScorer => {
  const method = BY_NAME.get(name);
  if (method === undefined)
    throw new Error(`${name}, one of ${TRANSFER_METHODS.join(", ")}, is not in the table`);
  return method;
};
