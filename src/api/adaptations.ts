import { z } from "@hono/zod-openapi";

/** The id of an adaptation to other images. */
export const adaptationId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, {
    error: "must be lower-case letters, digits and hyphens, at most 64, and start with a letter or digit",
  })
  .openapi({ example: "new-style" });

/** In queries that take images. */
export const namedAdaptation = adaptationId.openapi({
  description:
    "An adaptation of the collection (`POST .../adaptations`): images and image vectors of the request are aligned with the " +
    "anchors by it. Stored anchors cannot be inputs then; 404 where there is none of this id, 409 where it is stale.",
  example: "new-style",
});
