import { adaptationId } from "../../api/adaptations.ts";
import { collectionParams } from "../../api/collections.ts";
import { requireCollection } from "../../http/access.ts";
import {
  endpoint,
  jsonBody,
  jsonEndpoint,
  problems,
  readJsonBody,
  readPath,
  type Routes,
} from "../../http/index.ts";
import { adaptation, adaptationList, adaptationRequest } from "./api.ts";
import type { Adaptations } from "./adaptations.ts";

const tags = ["tuning"];
const path = "/v1/collections/{collection}/adaptations";
const named = collectionParams.extend({ id: adaptationId });

export const addAdaptations = ({ app, bodyLimit }: Routes, adaptations: Adaptations): void => {
  jsonEndpoint(
    app,
    {
      method: "post",
      path,
      tags,
      scope: "write",
      operationId: "createAdaptation",
      summary: "Align images in another style with the anchors, without labels",
      description:
        "Mean and covariance of unlabelled images are brought to those of the anchors, as the collection's transform shows " +
        "them (CORAL, the covariance shrunk after Ledoit and Wolf). `classify`, `search` and `similarity` apply it to their " +
        'images by `"adaptation": ID`. The anchors stay as they are, and the images are not kept. Images of other classes ' +
        "than the anchors' in other proportions move the mean, too.",
      request: { params: collectionParams, ...jsonBody(adaptationRequest) },
      answer: { status: 201, description: "The adaptation.", schema: adaptation },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const request = await readJsonBody(c, adaptationRequest, bodyLimit);
      if (request.from !== undefined) requireCollection(c.get("caller"), request.from.collection);
      return adaptations.create(collection, request);
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path,
      tags,
      operationId: "listAdaptations",
      summary: "List the adaptations to other images",
      request: { params: collectionParams },
      answer: { description: "In the order of their ids.", schema: adaptationList },
      problems: [400, 404, 503],
    },
    async (c) => ({ adaptations: await adaptations.list(readPath(c, collectionParams).collection) }),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: `${path}/{id}`,
      tags,
      operationId: "getAdaptation",
      summary: "See how an adaptation was fitted",
      request: { params: named },
      answer: { description: "The adaptation.", schema: adaptation },
      problems: [400, 404, 503],
    },
    (c) => {
      const { collection, id } = readPath(c, named);
      return adaptations.get(collection, id);
    },
  );

  endpoint(
    app,
    {
      method: "delete",
      path: `${path}/{id}`,
      tags,
      scope: "write",
      operationId: "deleteAdaptation",
      summary: "Remove an adaptation",
      request: { params: named },
      responses: { 204: { description: "It is gone." }, ...problems(400, 404, 503) },
    },
    async (c) => {
      const { collection, id } = readPath(c, named);
      await adaptations.remove(collection, id);
      return c.body(null, 204);
    },
  );
};
