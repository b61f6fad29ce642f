import { z } from "@hono/zod-openapi";
import type { Adapters } from "../service/index.ts";
import { readJsonBody } from "../../../http/body.ts";
import { jsonBody, jsonEndpoint, type Routes } from "../../../http/endpoint.ts";
import { sendEvents } from "../../../http/event-stream.ts";
import { generateAnswer, generateRequest } from "../api/generate.ts";

export const addGenerate = ({ app, bodyLimit, log }: Routes, adapters: Adapters): void =>
  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/generate",
      tags: ["adapters"],
      scope: "read",
      operationId: "generate",
      summary: "Have a language model answer a question about an image, or caption it, by an adapter",
      description:
        "The image's features enter the frozen decoder through the adapter (eP-ALM, arXiv 2303.11403); captions of the " +
        "nearest anchors may be put in front. 409 where the encoders or the decoder have other weights than the adapter " +
        "is for. Where the client goes the work ends.",
      request: jsonBody(generateRequest),
      answer: {
        description: "The answer; of a stream its last event, `result`.",
        schema: generateAnswer,
        content: {
          "text/event-stream": {
            schema: z.string().openapi({
              description:
                "`event: token` with a GeneratedToken each, where one text is made, then `event: result` or `event: problem`.",
            }),
          },
        },
      },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { stream = false, ...request } = await readJsonBody(c, generateRequest, bodyLimit);
      if (stream)
        return sendEvents(
          c,
          "token",
          (signal, onToken) => adapters.generate(request, { signal, onToken }),
          log,
        );
      return adapters.generate(request, { signal: c.req.raw.signal });
    },
  );
