import { z } from "@hono/zod-openapi";
import { autoOffer } from "./auto-offer.ts";
import { indexStatus } from "./indexes.ts";
import { ensemble, method, rank } from "./methods.ts";
import { transform } from "./transforms.ts";
import { asifChange, asifParameters, asifSetting, type AsifSetting } from "./asif.ts";
import {
  collectionName,
  encoderId,
  instant,
  minSequenceParameter,
  optional,
  sequence,
  textUpTo,
} from "./values.ts";

const MAX_DIMENSION = 8192;
const MAX_EXTERNAL_NAME = 200;
/** Three vectors of the most dimensions in 16-bit numbers, as base64. */
const MAX_FINGERPRINT = 65_536;

export const encoderChoice = z
  .union(
    [
      z.string().min(1),
      z.strictObject({
        external: z.strictObject({
          dimension: z.int().min(1).max(MAX_DIMENSION).openapi({ example: 64 }),
          name: optional(
            textUpTo(MAX_EXTERNAL_NAME).openapi({
              description: "What makes the vectors, such as `open_clip/ViT-B-32`; answered as given.",
            }),
          ),
          fingerprint: optional(
            textUpTo(MAX_FINGERPRINT).openapi({
              description:
                "What a client recognises its encoder by, such as vectors of fixed inputs; answered as given, not compared here.",
            }),
          ),
        }),
      }),
    ],
    { error: `must be the id of an encoder or {"external": {"dimension": …}}` },
  )
  .openapi("EncoderChoice", {
    description:
      "The id of an encoder (`GET /v1/encoders`), or `external` with a dimension: then only vectors are accepted.",
    example: { external: { dimension: 64 } },
  });

const keep = z.enum(["original", "thumbnail", "none"]).openapi({
  description:
    "`original`: the image and a thumbnail; `thumbnail`: the thumbnail alone, of at most 160 pixels a side; `none`: neither.",
});
const longestSide = z
  .int()
  .min(160, "must be at least 160")
  .max(8_192, "must be at most 8192")
  .openapi({ description: "Of a kept original, in pixels; a larger image is made smaller." });
const imageFormat = z.enum(["as-sent", "webp", "jpeg"]).openapi({
  description: "`as-sent`: the very file, or WebP where it had to be made smaller.",
});

/** What is kept of anchors' images. */
const imageKeeping = z.strictObject({ keep, longestSide, format: imageFormat }).openapi("ImageKeeping");

const imageKeepingChange = z.union(
  [
    keep,
    z.strictObject({
      keep: optional(keep),
      longestSide: optional(longestSide),
      format: optional(imageFormat),
    }),
  ],
  { error: `must be "original", "thumbnail", "none" or {"keep", "longestSide", "format"}` },
);

/** What is kept of anchors' images in new collections. */
export const IMAGE_DEFAULTS: ImageKeeping = { keep: "original", longestSide: 2_048, format: "as-sent" };

const defaults = {
  images: optional(
    imageKeepingChange.openapi({
      description:
        'What is kept of images from now on: for display, and for encoders to come. `"original"` up to 2,048 pixels where absent.',
    }),
  ),
  transform: optional(transform),
  method: optional(method),
  rank: optional(rank),
  ensemble: optional(ensemble),
};

export const collectionSpec = z
  .strictObject({
    name: collectionName,
    imageEncoder: optional(encoderChoice),
    textEncoder: optional(encoderChoice),
    asif: optional(asifChange),
    ...defaults,
  })
  .openapi("CollectionSpec", {
    description:
      "Without an encoder the service's default of that modality; k and p are `auto` where they are absent, negatives are cut, and `transform` is `auto` " +
      "as well, but `none` where an encoder is external. The method is `asif+local` through `auto` where no encoder is " +
      "external, else `asif`.",
    example: {
      name: "birds",
      imageEncoder: { external: { dimension: 3 } },
      textEncoder: { external: { dimension: 2 } },
      asif: { k: 200, p: 6 },
      transform: "center",
    },
  });

export const collectionChange = z
  .strictObject({ asif: optional(asifChange), ...defaults })
  .openapi("CollectionChange", {
    description: "What queries are answered by where they say nothing else; what is not given stays.",
    example: { asif: { k: 200 }, transform: "whiten" },
  });

const methodDefaults = { images: imageKeeping, transform, method, rank, ensemble };

const autoRule = z
  .strictObject({
    asif: asifSetting.openapi({
      description: "As it was set; `asif` beside it has the values that are in use.",
    }),
    anchors: z.strictObject({ from: z.int(), to: z.int() }).openapi({
      description: "What is `auto` stays the same from so many anchors to so many.",
    }),
    rule: z.string().openapi({ description: "What `auto` stands for here and why." }),
  })
  .openapi("AutoRule");

const transformMove = z
  .strictObject({
    transform: transform.openapi({ description: "What it moves to." }),
    job: z.string().openapi({ description: "`GET /v1/jobs/{id}` shows it." }),
  })
  .openapi("TransformMove");
/** A move to another transform that is under way. */
export type TransformMove = z.output<typeof transformMove>;

const boundEncoder = z
  .strictObject({
    id: encoderId,
    sha256: z.string().openapi({
      description: "For an external encoder of its name and fingerprint; empty where it has neither.",
    }),
    dimension: z.int(),
  })
  .openapi("BoundEncoder");

export const collection = z
  .strictObject({
    name: collectionName,
    imageEncoder: encoderChoice,
    textEncoder: encoderChoice,
    encoders: z.strictObject({ image: boundEncoder, text: boundEncoder }).openapi({
      description:
        "The encoders that made its vectors, which may be other ones than those installed under their ids.",
    }),
    asif: asifParameters.openapi({ description: "The values in use now." }),
    ...methodDefaults,
    auto: optional(autoRule.openapi({ description: "Absent in answers of older versions." })),
    move: optional(
      transformMove.openapi({
        description: "While another transform is being fitted; until it is, the present one serves.",
      }),
    ),
    autoOffer: optional(autoOffer),
    imageBytes: optional(
      z.int().openapi({
        description:
          "Bytes that images take an anchor, the mean of up to 1,000; of a collection that is looked at.",
      }),
    ),
    anchorCount: z.int(),
    sequence: sequence.openapi({ description: "Grows by one with every committed write." }),
    indexes: z.strictObject({ image: indexStatus, text: indexStatus }),
    createdAt: instant,
  })
  .openapi("Collection");

export const collectionList = z
  .strictObject({ collections: z.array(collection).readonly() })
  .openapi("CollectionList");

const bytes = z.int().min(0);

export const collectionSize = z
  .strictObject({
    memory: z.strictObject({
      vectors: bytes.openapi({
        description: "Of both modalities, those of deleted anchors among them until compaction.",
      }),
    }),
    disk: z.strictObject({ anchors: bytes, vectors: bytes, images: bytes }).openapi({
      description: "Rows in Postgres as stored; its indexes, logs and free room are not counted.",
    }),
  })
  .openapi("CollectionSize", { description: "In bytes." });

export type CollectionSize = z.output<typeof collectionSize>;
export type CollectionSizeBody = z.input<typeof collectionSize>;

export const collectionParams = z.strictObject({
  collection: collectionName.openapi({ param: { name: "collection", in: "path" } }),
});

export const collectionQuery = z.strictObject({ minSequence: optional(minSequenceParameter) });

/** An encoder of the registry by id, or vectors that come from outside. */
export type EncoderChoice = z.output<typeof encoderChoice>;
/** An encoder whose vectors the caller sends. */
export type ExternalEncoder = Extract<EncoderChoice, object>["external"];
export type ImageKeeping = z.output<typeof imageKeeping>;
export type CollectionSpec = z.output<typeof collectionSpec>;
export type CollectionSpecBody = z.input<typeof collectionSpec>;
export type CollectionChange = z.output<typeof collectionChange>;
export type CollectionChangeBody = z.input<typeof collectionChange>;
export type CollectionInfo = z.output<typeof collection>;
export type CollectionBody = z.input<typeof collection>;
export type CollectionListBody = z.input<typeof collectionList>;

/** What a collection's queries are answered by where they say nothing else. */
export type CollectionDefaults = Pick<CollectionInfo, keyof typeof methodDefaults> & {
  readonly asif: AsifSetting;
};

/** For answers that must know of a write, wherever it was made: they are computed at `minSequence` or later. */
export type AtLeast = z.output<typeof collectionQuery>;
