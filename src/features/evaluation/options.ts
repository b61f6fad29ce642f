import { namedTransform } from "../../api/transforms.ts";
import { z } from "zod";
import { method, METHODS } from "../../api/methods.ts";
import type { Option } from "../../command.ts";
import { collectionOption, noArguments, wholeNumber } from "../../option-schemas.ts";

/** Default number of held-out classes per run. */
export const CLASSES = 300;

const file = z.string().min(1);

/** The options of an evaluation on a user's data, as the command's schema defines them. */
export const ownFields = {
  collection: collectionOption.optional(),
  folder: file.optional(),
  "class-names": file.optional(),
  by: z.string().min(1).optional(),
  template: z.array(z.string().regex(/\{\}/, "must hold {}")).optional(),
  templates: file.optional(),
  "anchors-images": file.optional(),
  "anchors-texts": file.optional(),
  images: file.optional(),
  labels: file.optional(),
  texts: file.optional(),
  "templates-per-class": wholeNumber(1, 10_000).optional(),
  method: z.array(method).optional(),
  k: wholeNumber(1, 100_000).optional(),
  p: z.coerce.number("must be a number").positive("must be above 0").max(64, "must be at most 64").optional(),
  transform: z.enum(namedTransform.options, `must be one of ${namedTransform.options.join(", ")}`).optional(),
  classes: wholeNumber(2, 100_000).optional(),
  seeds: wholeNumber(1, 100),
  "heat-map": z.boolean().default(false),
  out: z.string().min(1),
  arguments: noArguments,
};

const own = z.object(ownFields).strict();
export type OwnData = z.output<typeof own>;

/** Files of embeddings; all are required together. */
const FILES = ["anchors-images", "anchors-texts", "images", "labels", "texts"] as const;

export type Form = "collection" | "dataset" | "embeddings";

/** The kind of evaluation that the options select; null: neither a collection nor files of embeddings. */
export const evaluationForm = (given: Readonly<Record<string, unknown>>): Form | null => {
  if (FILES.some((option) => given[option] !== undefined)) return "embeddings";
  if (given.collection === undefined) return null;
  return given.folder === undefined ? "collection" : "dataset";
};

/** The kinds of evaluation that an option applies to, and the message if it is given with another kind. */
export interface Belonging {
  readonly needs: string;
  readonly forms: readonly (Form | null)[];
}

const SETTINGS: Belonging = {
  needs: "needs --collection or files of embeddings",
  forms: ["collection", "dataset", "embeddings"],
};

/** Options that apply to some kinds only. */
const BELONGS: Readonly<Record<string, Belonging>> = {
  folder: { needs: "needs --collection", forms: ["dataset"] },
  by: { needs: "needs --collection, without --folder", forms: ["collection"] },
  "class-names": { needs: "needs --folder", forms: ["dataset"] },
  template: { needs: "needs --folder", forms: ["dataset"] },
  templates: { needs: "needs --folder", forms: ["dataset"] },
  "templates-per-class": { needs: "needs files of embeddings", forms: ["embeddings"] },
  k: SETTINGS,
  p: SETTINGS,
  transform: SETTINGS,
  classes: { needs: "goes without --folder and files of embeddings", forms: ["collection", null] },
};

/**
 * Reports incompatible options as issues of the schema.
 *
 * @param more further options that apply to some kinds only
 */
export const refuseMisfits = (
  given: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
  more: Readonly<Record<string, Belonging>> = {},
): void => {
  const refuse = (option: string, message: string): void => {
    context.addIssue({ code: "custom", path: [option], message });
  };
  const form = evaluationForm(given);
  for (const [option, { needs, forms }] of Object.entries({ ...BELONGS, ...more })) {
    const value = given[option];
    if (value !== undefined && value !== false && !forms.includes(form)) refuse(option, needs);
  }
  if (form === "embeddings") {
    for (const option of FILES)
      if (given[option] === undefined) refuse(option, "is required beside the others");
    if (given.collection !== undefined) refuse("collection", "goes without files of embeddings");
  }
  if (given.template !== undefined && given.templates !== undefined)
    refuse("template", "goes without --templates");
};

export const ownSchema = own.superRefine((given, context) => {
  if (evaluationForm(given) === null)
    context.addIssue({
      code: "custom",
      path: ["collection"],
      message: "or files of embeddings must be given",
    });
  refuseMisfits(given, context);
});

/** For the help. */
export const ownOptions: Readonly<Record<string, Option>> = {
  collection: { type: "string", value: "NAME", help: "the collection whose anchors answer" },
  folder: { type: "string", value: "DIR", help: "a labelled data set to classify" },
  "class-names": {
    type: "string",
    value: "FILE",
    help: "the names of its classes: one per line in their order, lines of `n01440764 tench, Tinca tinca`, or JSON [LOC_synset_mapping.txt or fine_label_names.txt if it exists, else the folder names]",
  },
  by: {
    type: "string",
    value: "FIELD",
    help: "the metadata field whose values are the classes [the captions]",
  },
  template: {
    type: "string",
    multiple: true,
    value: "TEXT",
    help: "a prompt with {} for the class name; may be repeated, then the best prompt counts [{}]",
  },
  templates: {
    type: "string",
    value: "FILE",
    help: "a file of prompts, one per line or JSON, or a set of ASIF's authors: imagenet, cifar-100, pets, eurosat (that of CLIP)",
  },
  "anchors-images": {
    type: "string",
    value: "FILE",
    help: ".npy or .pt of the anchors' images, n x d; several files by a pattern such as 'images-*.npy'",
  },
  "anchors-texts": { type: "string", value: "FILE", help: ".npy or .pt of the anchors' texts, n x d'" },
  images: { type: "string", value: "FILE", help: ".npy or .pt of the images to classify, q x d" },
  labels: {
    type: "string",
    value: "FILE",
    help: ".npy, .pt or .pkl of their classes, q whole numbers from 0",
  },
  texts: {
    type: "string",
    value: "FILE",
    help: ".npy or .pt of the classes' prompts, class by class, (c m) x d'",
  },
  "templates-per-class": { type: "string", value: "M", help: "how many prompts each class has there [1]" },
  method: {
    type: "string",
    multiple: true,
    value: "NAME",
    help: `${METHODS.join(", ")}, or plug:NAME from CLASSIFICATION_METHODS; may be repeated, then each is compared with the first [asif]`,
  },
  k: {
    type: "string",
    value: "N",
    help: "how many anchors count [the collection's setting; 800 for embeddings]",
  },
  p: {
    type: "string",
    value: "X",
    help: "the exponent of similarities [the collection's setting; 8 for embeddings]",
  },
  transform: {
    type: "string",
    value: "KIND",
    choices: namedTransform.options,
    help: "none, center, whiten or auto [the collection's setting; none for embeddings]",
  },
  classes: { type: "string", value: "N", help: `how many classes to hold out [${CLASSES}]` },
  seeds: { type: "string", value: "N", help: "how many runs", default: "8" },
  "heat-map": { type: "boolean", help: "also vary k and p, and draw the accuracies" },
  out: { type: "string", value: "DIR", help: "the folder for the files", default: "evaluation" },
};
