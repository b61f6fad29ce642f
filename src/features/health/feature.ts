import type { Feature } from "../feature.ts";
import { createChecks } from "./checks.ts";
import { addChecks } from "./routes.ts";
import { removeCheck, removeMovedCheck } from "./table.ts";

/** Looks for duplicates, mismatched pairs and other problems among a collection's anchors. */
export const healthFeature: Feature = {
  name: "health",
  open: (core) => {
    const checks = createChecks(core);
    return Promise.resolve({
      routes: (routes) => addChecks(routes, checks),
      forget: (collection, sequence) => removeCheck(core.store, collection, sequence),
      onMove: removeMovedCheck,
      resume: checks.resume,
    });
  },
};
