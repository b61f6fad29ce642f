import { z } from "@hono/zod-openapi";
import { optional, sequence } from "./values.ts";

const share = z.number().min(0).max(1);

const compared = z.strictObject({
  now: share,
  auto: share,
  difference: z.strictObject({ mean: z.number(), low: z.number(), high: z.number() }).openapi({
    description: "Paired by question, with a 95 % interval by the bootstrap over held-out captions.",
  }),
});

export const autoOffer = z
  .strictObject({
    state: z.enum(["unknown", "measuring", "measured"]).openapi({
      description: "It is measured in the background when the collection is first looked at.",
    }),
    reason: optional(z.string().openapi({ description: "Why it is unknown." })),
    measured: optional(
      z
        .strictObject({
          sequence: sequence.openapi({ description: "Of the anchors that it was measured on." }),
          anchors: z.int().openapi({ description: "How many of them took part." }),
          questions: z.int(),
          classes: z.int().openapi({ description: "Captions that each image was asked for its own among." }),
          top1: compared,
          top5: compared,
        })
        .openapi({ description: "By the collection's own anchors, with captions held out." }),
    ),
  })
  .openapi("AutoOffer", {
    description:
      "What a move to `auto` (transform, k and p) would be expected to bring. Absent where all of them are `auto`, and " +
      "in lists.",
  });
export type AutoOffer = z.output<typeof autoOffer>;
