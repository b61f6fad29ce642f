import { z } from "@hono/zod-openapi";
import { optional } from "./values.ts";

/** What can be wrong with a request; each is the end of a problem's `type`. */
export const PROBLEM_CODES = [
  "invalid-input",
  "unauthorized",
  "forbidden",
  "not-found",
  "method-not-allowed",
  "conflict",
  "too-large",
  "unsupported-media-type",
  "misdirected",
  "unprocessable",
  "too-many-requests",
  "client-closed-request",
  "internal",
  "unavailable",
  "insufficient-memory",
  "cancelled",
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

export const problem = z
  .object({
    type: z
      .string()
      .openapi({ description: "Names the kind of problem; the page of docs that explains it." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: "What is wrong in this request." }),
    errors: optional(
      z
        .array(
          z.object({
            path: z
              .string()
              .openapi({ description: "Such as `anchors.3.imageVector`; empty: the whole body." }),
            keys: z
              .array(z.union([z.string(), z.int()]))
              .readonly()
              .openapi({ description: "The same path as keys of objects and indexes of lists." }),
            message: z.string(),
          }),
        )
        .readonly()
        .openapi({ description: "Each field that is wrong." }),
    ),
    line: optional(
      z.int().openapi({ description: "In a stream of lines: the first that is wrong, from 1." }),
    ),
    neededBytes: optional(
      z.int().openapi({
        description: "Of `insufficient-memory`: about how many bytes of memory it would take.",
      }),
    ),
    requestId: optional(
      z.string().openapi({
        description: "The request's id, as in the header `X-Request-Id` and in the service's log.",
      }),
    ),
  })
  .openapi("Problem", {
    description: "RFC 9457 problem details, sent as `application/problem+json`.",
    example: {
      type: "/docs#problem-invalid-input",
      title: "Invalid input",
      status: 400,
      detail: "anchors.3.imageVector: has 63 values; this collection's dimension is 64",
      errors: [
        {
          path: "anchors.3.imageVector",
          keys: ["anchors", 3, "imageVector"],
          message: "has 63 values; this collection's dimension is 64",
        },
      ],
      requestId: "1f0c8a52-9d4e-4c58-8a57-2f3b9d1c6e04",
    },
  });

/** RFC 9457 problem details. */
export type Problem = z.output<typeof problem>;
