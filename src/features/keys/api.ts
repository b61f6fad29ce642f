import { z } from "@hono/zod-openapi";
import { collectionName, instant, optional, textUpTo } from "../../api/values.ts";
import { SCOPES } from "../../http/access.ts";

const MAX_NAME = 100;
const MAX_COLLECTIONS = 1_000;
const MAX_PER_MINUTE = 1_000_000;

export const scope = z.enum(SCOPES, { error: `must be one of ${SCOPES.join(", ")}` }).openapi({
  description:
    "`read`: GET and queries; `write`: anchors and jobs over them as well; `admin`: collections, compaction, encoders and keys as well.",
});

const collections = z
  .array(collectionName)
  .min(1, "must name a collection; without it the key is for all of them")
  .max(MAX_COLLECTIONS)
  .readonly();

const perMinute = z
  .int()
  .min(1, "must be at least 1")
  .max(MAX_PER_MINUTE, `must be at most ${MAX_PER_MINUTE}`)
  .openapi({ description: "Requests a minute; more are answered 429." });

export const keySpec = z
  .strictObject({
    name: textUpTo(MAX_NAME).openapi({ description: "For people: whose key it is, or what for." }),
    scope,
    collections: optional(collections.openapi({ description: "The only collections that it may see." })),
    perMinute: optional(perMinute),
    expiresAt: optional(
      z.iso
        .datetime({ offset: true, error: "must be a time such as 2027-01-31T00:00:00Z" })
        .transform((text) => new Date(text))
        .refine((date) => date.getTime() > Date.now(), "must be in the future"),
    ),
  })
  .openapi("KeySpec", { example: { name: "the camera app", scope: "write", collections: ["photos"] } });

export const apiKey = z
  .strictObject({
    id: z.string().openapi({ description: "The part of the key between its underscores." }),
    name: z.string(),
    scope,
    collections: z.array(collectionName).readonly().nullable(),
    perMinute: perMinute.nullable(),
    createdAt: instant,
    expiresAt: instant.nullable(),
    revokedAt: instant.nullable(),
  })
  .openapi("ApiKey");

export const createdKey = apiKey
  .extend({
    key: z.string().openapi({ description: "Shown this once: the service keeps only its SHA-256." }),
  })
  .openapi("CreatedKey");

export const keyList = z.strictObject({ keys: z.array(apiKey).readonly() }).openapi("KeyList");

export const keyPath = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });

export const sessionRequest = z
  .strictObject({ key: textUpTo(1_000) })
  .openapi("SessionRequest", { description: "An API key that becomes a session." });

export const session = z
  .strictObject({
    key: z
      .string()
      .nullable()
      .openapi({ description: "The key's id; null where the service requires no key." }),
    user: z.string().nullable().openapi({ description: "The person, as a trusted proxy names them." }),
    scope,
    collections: z.array(collectionName).readonly().nullable().openapi({ description: "null: all." }),
    expiresAt: instant.nullable().openapi({ description: "Of the session; null without one." }),
  })
  .openapi("Session");

export type KeySpec = z.output<typeof keySpec>;
export type ApiKey = z.output<typeof apiKey>;
export type CreatedKey = z.output<typeof createdKey>;
export type Session = z.output<typeof session>;
export type KeySpecBody = z.input<typeof keySpec>;
export type ApiKeyBody = z.input<typeof apiKey>;
export type CreatedKeyBody = z.input<typeof createdKey>;
export type KeyListBody = z.input<typeof keyList>;
export type SessionBody = z.input<typeof session>;
