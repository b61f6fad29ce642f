import type { Core } from "../collections/index.ts";
import { jsonEndpoint, type Routes } from "./endpoint.ts";
import { encoderList } from "../api/service.ts";

export const addEncoders = ({ app }: Routes, { encoders }: Pick<Core, "encoders">): void =>
  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/encoders",
      tags: ["encoders"],
      everywhere: true,
      operationId: "listEncoders",
      summary: "List the encoders that are installed here",
      answer: { description: "Images first, then by id.", schema: encoderList },
      problems: [],
    },
    () => ({ encoders: encoders.list() }),
  );
