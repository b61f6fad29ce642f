import { z } from "@hono/zod-openapi";
import { optional } from "./values.ts";

const MAX_K = 100_000;
const MAX_P = 100;

export const k = z
  .int()
  .min(1)
  .max(MAX_K)
  .openapi({ description: "How many anchors a relative representation keeps.", example: 800 });

export const p = z
  .number()
  .gt(0)
  .max(MAX_P)
  .openapi({ type: "number", description: "The power that similarities are raised to.", example: 8 });

export const negatives = z.enum(["cut", "keep"]).openapi({
  description:
    "What similarities below 0 count for: `cut`: nothing, as in the code of ASIF's authors; `keep`: their power with its " +
    "sign. They matter only where fewer than k anchors are similar. New collections cut, those made by versions up to " +
    "0.1 keep.",
});
/** What similarities below 0 count for in a relative representation. */
export type Negatives = z.output<typeof negatives>;

const auto = z.literal("auto");
const asifSettingShape = {
  k: z.union([auto, k], { error: `must be "auto" or a whole number from 1 to ${MAX_K}` }).openapi({
    description: "As in a query; `auto` goes by the transform and the number of anchors.",
    example: "auto",
  }),
  p: z.union([auto, p], { error: `must be "auto" or a number above 0, at most ${MAX_P}` }).openapi({
    description: "As in a query; `auto` goes by the transform and the number of anchors.",
    example: "auto",
  }),
};

/** ASIF's parameters as a collection keeps them. */
export const asifSetting = z.strictObject({ ...asifSettingShape, negatives });
export type AsifSetting = z.output<typeof asifSetting>;

/** As a request sets them: what is absent stays as it is. */
export const asifChange = z.strictObject({
  k: optional(asifSettingShape.k),
  p: optional(asifSettingShape.p),
  negatives: optional(negatives),
});

/** The values that answers are computed with. */
export const asifParameters = z.strictObject({ k: z.int(), p: z.number(), negatives });

/** What an answer says of the k and p that it was computed with. */
export const asifUsed = asifParameters.pick({ k: true, p: true });

/** How many anchors a relative representation keeps, the power of their similarities, and what negative ones count for. */
export type AsifParameters = z.output<typeof asifParameters>;
