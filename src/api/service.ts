import { z } from "@hono/zod-openapi";
import { encoderId, instant, modality } from "./values.ts";

const encoderLayer = z.strictObject({
  name: z.string(),
  id: encoderId,
  dimension: z.int(),
  sha256: z.string(),
});

const encoderInfo = {
  id: encoderId,
  modality,
  dimension: z.int(),
  default: z
    .boolean()
    .openapi({ description: "Whether a collection gets it that names none of this modality." }),
  sha256: z.string().openapi({
    description:
      "Of the weights, the tokenizer and the preprocessing; vectors of one id under two hashes never mix. Empty for an external encoder.",
  }),
  source: z.string(),
  licence: z.string(),
};

const encoder = z
  .strictObject({
    ...encoderInfo,
    layers: z
      .array(encoderLayer)
      .readonly()
      .openapi({ description: "Intermediate outputs that adapters can stand on, the shallowest first." }),
    built: z.boolean().openapi({
      description: "Whether its network is on the disk; one that is not is made when it is first used.",
    }),
  })
  .openapi("Encoder");

export const encoderList = z.strictObject({ encoders: z.array(encoder).readonly() }).openapi("EncoderList");

/** An encoder of the registry. */
export type ListedEncoder = z.output<typeof encoder>;
/** What an encoder is, whether or not a registry has it. */
export type EncoderInfo = Pick<ListedEncoder, keyof typeof encoderInfo>;
/** An intermediate output of an encoder, whose vectors are kept beside the encoder's own. */
export type EncoderLayer = z.output<typeof encoderLayer>;

const jobState = z.enum(["running", "done", "failed", "cancelled", "interrupted"]);

export const job = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    subject: z.string().openapi({ description: "What it works on, such as a collection's name." }),
    state: jobState,
    done: z.number(),
    total: z.number(),
    error: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()).readonly().nullable().openapi({
      description: "What a job of its kind tells beside how far it is, such as the loss of a training.",
    }),
    createdAt: instant,
    updatedAt: instant,
  })
  .openapi("Job");

export const jobList = z.strictObject({ jobs: z.array(job).readonly() }).openapi("JobList");

export const jobPath = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(200)
    .openapi({ param: { name: "id", in: "path" } }),
});

export const health = z.strictObject({ status: z.literal("ok") }).openapi("Health");

export const readiness = z
  .strictObject({
    ready: z.boolean(),
    loading: z.int().openapi({ description: "Collections whose indexes have not caught up yet." }),
  })
  .openapi("Readiness");

export const about = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    version: z.string().openapi({ description: "Of the service; the API's is in `/openapi.json`." }),
    docs: z.string(),
    openapi: z.string(),
    collections: z.string(),
  })
  .openapi("About");

export type Health = z.output<typeof health>;
export type Readiness = z.output<typeof readiness>;
export type About = z.output<typeof about>;
/** Background work that can be watched and cancelled. */
export type Job = z.output<typeof job>;
export type JobState = z.output<typeof jobState>;
export type EncoderListBody = z.input<typeof encoderList>;
export type JobBody = z.input<typeof job>;
export type JobListBody = z.input<typeof jobList>;
export type AboutBody = z.input<typeof about>;
export type ReadinessBody = z.input<typeof readiness>;
