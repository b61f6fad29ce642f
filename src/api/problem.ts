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
  "client-closed-request",
  "internal",
  "unavailable",
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
        .array(z.object({ path: z.string(), message: z.string() }))
        .readonly()
        .openapi({ description: "Each fault with its place, such as `anchors.3.imageVector`." }),
    ),
    line: optional(
      z.int().openapi({ description: "In a stream of lines: the first that is wrong, from 1." }),
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
        { path: "anchors.3.imageVector", message: "has 63 values; this collection's dimension is 64" },
      ],
    },
  });

/** RFC 9457 problem details. */
export type Problem = z.output<typeof problem>;
