import { z } from "zod";
import type { Option } from "../../src/command.ts";
import {
  evaluationForm as formOfOwn,
  ownFields,
  ownOptions,
  refuseMisfits,
  type Belonging,
  type Form as OwnForm,
} from "../../src/features/evaluation/options.ts";

const EMOJI: Belonging = { needs: "is for the emoji alone", forms: [null] };

/** Of `npm run evaluate`: one's own data, and the emoji where no data is named. */
export const schema = z
  .object({
    ...ownFields,
    tune: z.boolean().default(false),
    layers: z.boolean().default(false),
    "image-encoder": z.string().optional(),
    "text-encoder": z.string().optional(),
  })
  .superRefine((given, context) =>
    refuseMisfits(given, context, {
      tune: EMOJI,
      layers: EMOJI,
      "image-encoder": EMOJI,
      "text-encoder": EMOJI,
    }),
  );

export type Form = OwnForm | "emoji";

/** What is evaluated follows from what was given. */
export const formOf = (given: Readonly<Record<string, unknown>>): Form => formOfOwn(given) ?? "emoji";

/** For its help. */
export const options: Readonly<Record<string, Option>> = {
  ...ownOptions,
  tune: { type: "boolean", help: "vary k and p on the emoji that are not reported" },
  layers: {
    type: "boolean",
    help: "compare choices of the image encoder's layers, ordered by mutual nearest neighbours",
  },
  "image-encoder": { type: "string", value: "ID", help: "for the emoji, in place of the default one" },
  "text-encoder": { type: "string", value: "ID", help: "for the emoji, in place of the default one" },
};
