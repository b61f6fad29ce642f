import type { Feature } from "../feature.ts";
import { resumeReencodings } from "./job.ts";
import { addReencoding } from "./routes.ts";

/** Moves of a collection to other encoders while it is queried and written to. */
export const reencoding: Feature = {
  name: "reencoding",
  open: (core) =>
    Promise.resolve({
      routes: (routes) => addReencoding(routes, core),
      resume: () => resumeReencodings(core, core.log),
    }),
};
