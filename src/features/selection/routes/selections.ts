import type { DoneSelection, Selections } from "../index.ts";
import { readJsonBody } from "../../../http/body.ts";
import { endpoint, jsonBody, jsonEndpoint, problems, readPath, type Routes } from "../../../http/endpoint.ts";
import { selectionList, selectionState } from "../api/selection-answer.ts";
import { selectionRequest } from "../api/selections.ts";
import { job, jobPath, type Job } from "../../../api/service.ts";

const tags = ["selections"];
const path = "/v1/selections";

export const addSelections = ({ app, bodyLimit }: Routes, selections: Selections): void => {
  jsonEndpoint(
    app,
    {
      method: "post",
      path,
      tags,
      scope: "write",
      operationId: "select",
      summary:
        "Find the image encoder that fits a collection or a dataset, without fine-tuning any, in the background",
      description:
        "Candidates are image encoders, each with each transform, or given features. Labels of any form become texts, and " +
        "these F-labels by several text encoders; features are made from the stored images (of a collection's own encoder " +
        "its vectors are taken as they are) and kept, so that the next selection begins with them, and cuts of one network " +
        "cost one run of it. Every candidate is scored by every method, on at most `samples` anchors and on random halves " +
        "of them: halves without repetition stand in for bootstrap samples, of whose variance they are, since a row that " +
        "is drawn twice is its own nearest neighbour. Anchors without image or label are left out and counted. 409 while one of the " +
        "collection, or of anything given, runs; 422 where there are fewer than two kinds of labels, no anchor has the " +
        "field, or none has a stored image.",
      request: jsonBody(selectionRequest),
      answer: {
        description: "The job; `GET /v1/selections/{id}` of its id shows what was found.",
        schema: job,
        status: 202,
      },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const started = await selections.start(await readJsonBody(c, selectionRequest, bodyLimit));
      c.header("Location", `${path}/${started.id}`);
      return started;
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path,
      tags,
      operationId: "listSelections",
      summary: "List what selections found",
      answer: { description: "Newest first.", schema: selectionList },
      problems: [503],
    },
    async () => ({ selections: (await selections.list()).map(doneBody) }),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: `${path}/{id}`,
      tags,
      operationId: "getSelection",
      summary: "See what a selection found: the ranking by each method, with its confidence",
      request: { params: jobPath },
      answer: {
        description: "The selection; before it is `done`, how far it is, or how it ended.",
        schema: selectionState,
      },
      problems: [400, 404, 503],
    },
    async (c) => {
      const found = await selections.get(readPath(c, jobPath).id);
      return "kind" in found ? unfinishedBody(found) : doneBody(found);
    },
  );

  endpoint(
    app,
    {
      method: "delete",
      path: `${path}/{id}`,
      tags,
      scope: "write",
      operationId: "deleteSelection",
      summary: "Remove what a selection found",
      request: { params: jobPath },
      responses: { 204: { description: "It is gone." }, ...problems(400, 404, 409, 503) },
    },
    async (c) => {
      await selections.remove(readPath(c, jobPath).id);
      return c.body(null, 204);
    },
  );
};

const doneBody = (selection: DoneSelection) => ({ ...selection, state: "done" as const });

const unfinishedBody = ({ id, subject, state, done, total, error, detail, createdAt, updatedAt }: Job) => ({
  ...{ id, subject, state, done, total, error, detail, createdAt, updatedAt },
});
