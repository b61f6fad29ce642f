import type { Core } from "../collections/index.ts";
import { answerJson, endpoint, jsonOf, problems, type Routes } from "./endpoint.ts";
import { encoderList } from "../api/service.ts";

export const addEncoders = ({ app }: Routes, { encoders }: Pick<Core, "encoders">): void =>
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
    (c) => answerJson(c, { encoders: encoders.list() }),
  );
