import { AnchorageError, faultsOfIssues, faultsText, type FieldFault } from "../../../errors.ts";
import { adapterSettings } from "../api/adapters.ts";
import type { AdapterSettings } from "./types.ts";

/**
 * Reads an adapter's settings.
 *
 * @throws AnchorageError `unprocessable` that names what is wrong, or does not fit together
 */
export const parseAdapterSettings = (json: unknown): AdapterSettings => {
  const parsed = adapterSettings.safeParse(json);
  if (!parsed.success)
    throw unfit(
      faultsOfIssues(parsed.error.issues).map(({ path, message }) => ({
        path: ["settings", ...path],
        message,
      })),
    );
  const found = parsed.data;
  const faults = contradictions(found);
  if (faults.length > 0) throw unfit(faults);
  return found;
};

const contradictions = ({ vision: seen, features: sources, shape: made }: AdapterSettings): FieldFault[] => {
  const faults: FieldFault[] = [];
  const vectors = visualVectorCount(seen);
  if (made.features.length !== vectors)
    faults.push({
      path: ["settings", "shape", "features"],
      message: `there are ${made.features.length} for ${vectors} visual vectors`,
    });
  if (sources.length !== vectors)
    faults.push({
      path: ["settings", "features"],
      message: `there are ${sources.length} for ${vectors} visual vectors`,
    });
  if (made.shared && new Set(made.features).size > 1)
    faults.push({
      path: ["settings", "shape", "features"],
      message: "must be of one width, for they share a map",
    });
  if (vectors === 0 && made.prompt === 0)
    faults.push({ path: ["settings", "shape", "prompt"], message: "must be above 0 where nothing is seen" });
  return faults;
};

/** The number of visual vectors of an input. */
export const visualVectorCount = (seen: AdapterSettings["vision"]): number =>
  seen === null ? 0 : seen.kind === "epalm" ? seen.injection.vectors : seen.vectors;

const unfit = (faults: readonly FieldFault[]): AnchorageError =>
  new AnchorageError("unprocessable", `The adapter's settings do not fit: ${faultsText(faults)}.`, {
    faults,
  });
