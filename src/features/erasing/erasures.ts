import type { z } from "@hono/zod-openapi";
import type { Job } from "../../api/service.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { notFound } from "../../errors.ts";
import type { CollectionName, JsonValue } from "../../types.ts";
import { createCounterfactuals } from "../counterfactual/query.ts";
import { signedReport, type EraseRequest, type erasureReportList, type SignedReport } from "./api.ts";
import { eraseAndReport, slotsToErase, type ErasingCore } from "./run.ts";
import type { Signer } from "./signing.ts";
import { findReport, listReports, saveReport } from "./table.ts";

/** Deletions with their erasure, and a signed report of each. */
export interface Erasures {
  /**
   * Starts a job that deletes anchors, erases their bytes and keeps a signed report under the job's id.
   *
   * @throws AnchorageError `not-found` for the collection, `unprocessable` if there is nothing to delete, `conflict` while
   * another erasure of it runs
   *
   * @example
   * ```ts
   * const { id } = await erasures.start(name, { filter: { owner: "ann" }, askedBy: "Ann, by letter" });
   * await core.jobs.settled(id);
   * const { report, signature } = await erasures.get(name, id);
   * ```
   */
  readonly start: (name: CollectionName, request: EraseRequest) => Promise<Job>;
  /** @throws AnchorageError `not-found` */
  readonly get: (name: CollectionName, id: string) => Promise<SignedReport>;
  readonly list: (name: CollectionName) => Promise<z.output<typeof erasureReportList>>;
}

export const createErasures = (core: ErasingCore, signer: Signer): Erasures => {
  const { collections, jobs, store } = core;
  const ask = createCounterfactuals(store, collections.encoding);
  return {
    start: createSoleJobs<EraseRequest, CollectionName>(jobs, "erase-and-report", async (name, request) => {
      const { record, view } = await collections.queried(name);
      slotsToErase(view, request);
      return async (context) => {
        const made = await eraseAndReport(core, ask, name, request, context);
        // The signature is of what a reader gets: dates as text.
        const report = signedReport.shape.report.encode(made);
        const signature = {
          algorithm: "Ed25519" as const,
          value: signer.sign(report as unknown as JsonValue),
          publicKey: signer.publicKey,
        };
        const content = { report, signature };
        await saveReport(store, record, { id: context.id, at: made.madeAt, content });
      };
    }),
    get: async (name, id) => {
      const { record } = await collections.find(name);
      const found = await findReport(store, record, id);
      if (found === null) throw notFound("erasure report", id);
      return signedReport.decode(found);
    },
    list: async (name) => {
      const { record } = await collections.find(name);
      const reports = await listReports(store, record);
      return {
        reports: reports.map(({ id, at, content: { report } }) => ({
          id,
          madeAt: at,
          deleted: report.deleted,
          askedBy: report.asked.by,
        })),
      };
    },
  };
};
