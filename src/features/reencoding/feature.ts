import type { Feature } from "../feature.ts";
import { createReencodings } from "./reencodings.ts";
import { addReencoding } from "./routes.ts";

/** Moves of a collection to other encoders while it serves queries and writes. */
export const reencodingFeature: Feature = {
  name: "reencoding",
  open: (core) => {
    const reencodings = createReencodings(core);
    return Promise.resolve({
      routes: (routes) => addReencoding(routes, reencodings),
      resume: reencodings.resume,
    });
  },
};
