import { z } from "@hono/zod-openapi";
import { SELECTION_DEFAULTS, SELECTION_METHODS, type SelectionRequest, type Subject } from "../index.ts";
import { image } from "../../../api/inputs.ts";
import { anchorLabel, label } from "./labels.ts";
import { matrix, rounds } from "./transferability.ts";
import { namedTransform } from "../../../api/transforms.ts";
import { collectionName, optional, text } from "../../../api/values.ts";

const MAX_SAMPLES = 10_000;
const MAX_IDS = 200;
const MAX_TEMPLATES = 100;
const MAX_SEED = 2 ** 31;

const defaults = SELECTION_DEFAULTS;
const method = z.enum(SELECTION_METHODS);
const ids = (what: string) =>
  optional(
    z
      .array(text)
      .min(1)
      .max(MAX_IDS)
      .openapi({ description: `${what} of \`GET /v1/encoders\`; all of them where absent.` }),
  );
const whole = (min: number, max: number, normally: number) =>
  z.int().min(min).max(max).openapi({ default: normally });

const fieldLabels = z.strictObject({ field: text.refine((name) => name !== "", "must not be empty") });
const captionLabels = z.strictObject({ captions: z.literal(true) });

const labels = z
  .union([fieldLabels, captionLabels, z.array(anchorLabel).min(1), z.array(label).min(1)], {
    error: () => 'must be {"field": …}, {"captions": true} or a list of labels',
  })
  .openapi({
    description:
      'Of a collection `{"field": …}`, a metadata field whose values are categories (a list is several at once), ' +
      '`{"captions": true}`, or a list of `{"anchor": id, "label": …}`; of given images or features a list of labels, one each.',
  });

const model = z
  .strictObject({ name: text.refine((name) => name !== "", "must not be empty"), features: matrix })
  .openapi("GivenModel", { description: "A model's features of each sample, `[n, d]`." });

export const selectionRequest = z
  .strictObject({
    collection: optional(collectionName),
    dataset: optional(
      z.strictObject({
        images: z.array(z.strictObject({ image })).min(2).max(MAX_SAMPLES),
      }),
    ),
    models: optional(z.array(model).min(1).max(MAX_IDS)),
    labels,
    imageEncoders: ids("The candidates: image encoders"),
    textEncoders: ids("Text encoders that make F-labels"),
    methods: optional(
      z
        .array(method)
        .min(1)
        .max(SELECTION_METHODS.length)
        .openapi({
          default: [...defaults.methods],
          description:
            "The first one's ranking is the order of the answer. Where no two samples are of one class, `emms` and `logme-f` are the default, and the others that need classes are refused.",
        }),
    ),
    transforms: optional(
      z
        .array(namedTransform)
        .min(1)
        .max(namedTransform.options.length)
        .openapi({
          default: [...defaults.transforms],
          description: "Each encoder is a candidate with each of them, fitted on the samples.",
        }),
    ),
    templates: optional(
      z
        .array(text.refine((template) => template.includes("{}"), "must hold {}"))
        .min(1)
        .max(MAX_TEMPLATES)
        .openapi({
          default: [...defaults.templates],
          description: "That categories go through; the embeddings of several are averaged.",
        }),
    ),
    projection: optional(
      z.enum(["random", "pca"]).openapi({
        default: defaults.projection,
        description:
          "How the embeddings of different text encoders are brought to one width: along random orthonormal directions (those that have it stay as they are), or along each one's principal directions.",
      }),
    ),
    dimension: optional(
      z
        .int()
        .min(1)
        .max(16_384)
        .openapi({ description: "That width; the smallest dimension of the text encoders where absent." }),
    ),
    rounds: optional(rounds),
    samples: optional(
      whole(10, MAX_SAMPLES, defaults.samples).openapi({
        description: "So many are drawn where there are more.",
      }),
    ),
    bootstrap: optional(
      whole(0, 1_000, defaults.bootstrap).openapi({
        description:
          "How many random halves of the samples are scored for the confidence, at most: fewer by a method whose work is beyond an allowance, and none where that leaves fewer than 10.",
      }),
    ),
    seed: optional(whole(0, MAX_SEED, defaults.seed)),
  })
  .transform((given, context): SelectionRequest => {
    const { collection, dataset, models, labels: labelled, imageEncoders, textEncoders, ...settings } = given;
    const refuse = (path: (string | number)[], message: string): never => {
      context.addIssue({ code: "custom", path, message, input: given });
      return z.NEVER;
    };
    const request = (subject: Subject): SelectionRequest => ({
      subject,
      ...(imageEncoders === undefined ? {} : { imageEncoders }),
      ...(textEncoders === undefined ? {} : { textEncoders }),
      settings:
        settings.methods === undefined ? settings : { ...settings, methods: [...new Set(settings.methods)] },
    });
    const subjects = [collection, dataset, models].filter((one) => one !== undefined);
    if (subjects.length !== 1)
      return refuse(["collection"], "or dataset or models must be given, exactly one of them");
    if (collection !== undefined) {
      if (!Array.isArray(labelled)) return request({ collection, labels: labelled });
      const plain = labelled.findIndex((one) => !("anchor" in one));
      if (plain >= 0)
        return refuse(["labels", plain], 'must be {"anchor": …, "label": …}, for it is of a collection');
      return request({ collection, labels: labelled.flatMap((one) => ("anchor" in one ? one : [])) });
    }
    if (!Array.isArray(labelled)) return refuse(["labels"], "must be a list with a label for each sample");
    const named = labelled.findIndex((one) => "anchor" in one);
    if (named >= 0) return refuse(["labels", named], "names an anchor, and there is no collection");
    const list = labelled.flatMap((one) => ("anchor" in one ? [] : one));
    const counted = (path: (string | number)[], rows: number): boolean => {
      if (rows === list.length) return true;
      refuse(path, `has ${rows} samples; labels has ${list.length}`);
      return false;
    };
    if (dataset !== undefined) {
      if (!counted(["dataset", "images"], dataset.images.length)) return z.NEVER;
      return request({ images: dataset.images.map((one) => one.image), labels: list });
    }
    const given_ = models ?? [];
    if (!given_.every(({ features }, i) => counted(["models", i, "features"], features.length)))
      return z.NEVER;
    const names = given_.map(({ name }) => name);
    const twice = names.findIndex((name, i) => names.indexOf(name) < i);
    if (twice >= 0) return refuse(["models", twice, "name"], "is the name of another model, too");
    return request({ models: given_, labels: list });
  })
  .openapi("SelectionRequest", {
    example: { collection: "emoji", labels: { field: "subgroup" }, methods: ["emms", "logme"] },
  });

export type SelectionRequestBody = z.input<typeof selectionRequest>;
