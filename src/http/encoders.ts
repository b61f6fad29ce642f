import type { OpenAPIHono } from "@hono/zod-openapi";
import { answerJson, endpoint, jsonOf, problems, type Service } from "./endpoint.ts";
import { encoderList } from "../api/service.ts";

export const addEncoders = (app: OpenAPIHono, { anchorage }: Service): void =>
  endpoint(
    app,
    {
      method: "get",
      path: "/v1/encoders",
      tags: ["encoders"],
      operationId: "listEncoders",
      summary: "List the encoders that are installed here",
      responses: { 200: jsonOf("Images first, then by id.", encoderList), ...problems() },
    },
    (c) => answerJson(c, { encoders: anchorage.encoders.list() }),
  );
