import { collectionParams } from "../../api/collections.ts";
import { addJobStart, endpoint, jsonEndpoint, problems, readPath, type Routes } from "../../http/index.ts";
import { eraseRequest, erasureReportList, reportPath, signedReport, signingKey } from "./api.ts";
import type { Erasures } from "./erasures.ts";
import { reportHtml } from "./html.ts";
import { keyFingerprint, type Signer } from "./signing.ts";

const tags = ["receipts"];
const reports = "/v1/collections/{collection}/erasure-reports";

export const addErasing = (routes: Routes, erasures: Erasures, signer: Signer): void => {
  const { app } = routes;
  addJobStart(routes, {
    path: "erase",
    operationId: "erase",
    scope: "admin",
    tags,
    summary: "Delete anchors, erase their bytes and report it, in the background",
    description:
      "Names near copies that stay, asks questions before, as a counterfactual predicts and after, deletes, compacts " +
      "(tables are rewritten and locked meanwhile), searches stored bytes, and keeps a signed report under the job's id. It " +
      "cannot be undone, and is not cancelled once the deletion is done. 422 where there is nothing to delete, 409 while " +
      "another one of the collection runs. Where the service stops after the deletion, the receipt stands, and there is " +
      "no report.",
    started: "The job; when it is done `GET .../erasure-reports/{id}` with its id answers with the report.",
    request: eraseRequest,
    start: erasures.start,
  });

  jsonEndpoint(
    app,
    {
      method: "get",
      path: reports,
      tags,
      operationId: "listErasureReports",
      summary: "List the reports of erasures",
      request: { params: collectionParams },
      answer: { description: "What each is about.", schema: erasureReportList },
      problems: [400, 404, 503],
    },
    (c) => erasures.list(readPath(c, collectionParams).collection),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: `${reports}/{id}`,
      tags,
      operationId: "getErasureReport",
      summary: "Get a signed report of an erasure",
      request: { params: reportPath },
      answer: {
        description: "The report and its signature, checked by `verify-receipt`.",
        schema: signedReport,
      },
      problems: [400, 404, 503],
    },
    (c) => {
      const { collection, id } = readPath(c, reportPath);
      return erasures.get(collection, id);
    },
  );

  endpoint(
    app,
    {
      method: "get",
      path: `${reports}/{id}/html`,
      tags,
      operationId: "getErasureReportHtml",
      summary: "Get a report of an erasure as one page to print or keep",
      request: { params: reportPath },
      responses: {
        200: {
          description: "HTML with the signed JSON in it.",
          content: { "text/html": { schema: { type: "string" } } },
        },
        ...problems(400, 404, 503),
      },
    },
    async (c) => {
      const { collection, id } = readPath(c, reportPath);
      const html = reportHtml(signedReport.encode(await erasures.get(collection, id)));
      return c.body(html, 200, {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Disposition": `attachment; filename="erasure-${id}.html"`,
      });
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/signing-key",
      tags,
      operationId: "getSigningKey",
      summary: "Get the public key that reports are signed with",
      request: {},
      answer: { description: "Made at the first start, in DATA_DIR.", schema: signingKey },
      problems: [],
    },
    () =>
      Promise.resolve({
        algorithm: "Ed25519" as const,
        publicKey: signer.publicKey,
        fingerprint: keyFingerprint(signer.publicKey),
      }),
  );
};
