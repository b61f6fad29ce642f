import { z } from "@hono/zod-openapi";
import { MAX_TEXT_LENGTH } from "../../../collections/index.ts";
import type { Box, Label } from "../emms/index.ts";
import { anchorId, optional, text } from "../../../api/values.ts";

const MAX_CATEGORIES = 100;
/** Sides of a box that were rounded may reach beyond the image's edge so far. */
const EDGE_TOLERANCE = 1e-6;

const words = text
  .refine((value) => value.trim() !== "", "must not be empty")
  .refine((value) => value.length <= MAX_TEXT_LENGTH, `must have at most ${MAX_TEXT_LENGTH} characters`)
  .openapi({ type: "string" });

const share = z.number().min(0).max(1);

const box = z
  .tuple([share, share, share, share])
  .superRefine(([x, y, width, height], context) => {
    if (Math.max(x + width, y + height) <= 1 + EDGE_TOLERANCE) return;
    context.addIssue({ code: "custom", message: "must not reach beyond the image's edge", input: undefined });
  })
  .transform((sides): Box => sides)
  .openapi({
    type: "array",
    items: { type: "number", minimum: 0, maximum: 1 },
    minItems: 4,
    maxItems: 4,
    description: "`[x, y, width, height]` as shares of the image's sides, from its top left corner.",
    example: [0, 0.1, 0.4, 0.3],
  });

const FORMS = `a text, a number, true or false, a list of such, {"category": …}, {"categories": […]}, {"caption": …}, {"question": …, "answer": …} or {"phrase": …, "box": […]}`;

const category = z.union([words, z.number(), z.boolean()]);
const textOf = (value: string | number | boolean): string => String(value);

/** What a sample is labelled by. */
export const label = z
  .union(
    [
      category.transform((value): Label => ({ category: textOf(value) })),
      z
        .array(category)
        .min(1)
        .max(MAX_CATEGORIES)
        .transform((values): Label => ({ categories: values.map(textOf) })),
      z.strictObject({ category: words }),
      z.strictObject({ categories: z.array(words).min(1).max(MAX_CATEGORIES) }),
      z.strictObject({ caption: words }),
      z.strictObject({ question: optional(words), answer: words }),
      z.strictObject({ phrase: words, box }),
    ],
    { error: () => `must be ${FORMS}` },
  )
  .openapi("Label", {
    description:
      "A category (alone, or several at once), a caption, an answer with or without its question, or a phrase with where it is. " +
      "As a text, a category goes through the templates; a question is followed by its answer; a phrase by where its box lies, " +
      'such as "a dog at the top left": by the third of the image that the centre of the box is in, or "across the whole ' +
      'image" where it covers four fifths of both sides.',
    example: { phrase: "a dog", box: [0, 0.1, 0.4, 0.3] },
  });

export const anchorLabel = z
  .strictObject({ anchor: anchorId, label })
  .openapi("AnchorLabel", { example: { anchor: "a1", label: "fox" } });
