import type { Job } from "../../api/service.ts";
import {
  saveSelection,
  findSelection,
  listSelections,
  removeSelection,
  type SelectionRecord,
} from "./table.ts";
import { transferScorerOf } from "./emms/index.ts";
import type { Core } from "../../collections/index.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { AnchorageError, invalidField, notFound } from "../../errors.ts";
import type { JsonValue } from "../../types.ts";
import { chooseEncoders } from "./candidates.ts";
import { classNamesOf, drawSamples } from "./draw.ts";
import { runSelection } from "./run.ts";
import { SELECTION_DEFAULTS } from "./defaults.ts";
import { completeSettings, unprocessable } from "./settings.ts";
import type { Selection, SelectionContext, SelectionRequest } from "./types.ts";

/** The kind of job that selections are. */
const SELECTION_JOB = "selection";
/** Numbers in the features of all candidates, 2 GiB. */
const MOST_NUMBERS = 2 ** 29;
const LISTED = 1_000;

/** A finished selection. */
export interface DoneSelection extends Selection {
  readonly id: string;
  readonly createdAt: Date;
}

export interface Selections {
  /**
   * Starts a selection as a job, whose id is the selection's.
   *
   * @throws AnchorageError `conflict` where one of the same subject runs, and what `plan` throws
   */
  readonly start: (request: SelectionRequest) => Promise<Job>;
  /**
   * Draws the samples and validates the request.
   *
   * @returns the work, which stores its result under the job's id
   * @throws AnchorageError `invalid-input`, `not-found` or `unprocessable` that names the field
   */
  readonly plan: (request: SelectionRequest) => Promise<(context: SelectionContext) => Promise<Selection>>;
  /** @throws AnchorageError `not-found` */
  readonly get: (id: string) => Promise<DoneSelection | Job>;
  /** A finished selection. @throws AnchorageError `not-found` */
  readonly done: (id: string) => Promise<DoneSelection>;
  /** Finished selections, newest first. */
  readonly list: () => Promise<DoneSelection[]>;
  /** @throws AnchorageError `not-found`; `conflict` if it is running */
  readonly remove: (id: string) => Promise<void>;
}

/** The subject of a selection's job. */
const subjectOf = ({ subject }: SelectionRequest): string => {
  if ("collection" in subject) return subject.collection;
  return "images" in subject ? "given images" : "given models";
};

/** Makes the operations of selection from the open core. */
export const createSelections = ({
  store,
  encoders: registry,
  jobs,
}: Pick<Core, "store" | "encoders" | "jobs">): Selections => {
  const plan: Selections["plan"] = async (request) => {
    const { subject } = request;
    const { samples, seed } = { ...SELECTION_DEFAULTS, ...request.settings };
    const given = "models" in subject;
    if (given && request.imageEncoders !== undefined)
      throw invalidField(["imageEncoders"], "have no place where models are given by their features");
    const imageEncoders = given ? [] : await chooseEncoders(store, registry, "image", request.imageEncoders);
    const drawn = await drawSamples(store, subject, samples, seed);
    const settings = completeSettings(request.settings ?? {}, classNamesOf(drawn.labels));
    const needed = settings.methods.some((method) => transferScorerOf(method).needs.includes("fLabels"));
    const textEncoders = needed ? await chooseEncoders(store, registry, "text", request.textEncoders) : [];
    const widest = Math.min(...textEncoders.map(({ dimension }) => dimension));
    if (settings.dimension !== undefined && settings.dimension > widest)
      throw invalidField(["dimension"], `must be at most ${widest}, as many as every text encoder has`);
    const numbers = drawn.rows.length * imageEncoders.reduce((sum, { dimension }) => sum + dimension, 0);
    if (numbers > MOST_NUMBERS)
      throw unprocessable(
        ["samples"],
        `of ${imageEncoders.length} encoders together take more than ${(MOST_NUMBERS * 4) / 2 ** 30} GiB; ask for fewer`,
      );
    return async (context) => {
      const plan = { subject, drawn, settings, imageEncoders, textEncoders };
      const selection = await runSelection(store, registry, plan, context);
      context.signal.throwIfAborted();
      await saveSelection(store, {
        id: context.id,
        collection: selection.subject.collection,
        createdAt: new Date(),
        content: selection as unknown as JsonValue,
      });
      return selection;
    };
  };
  const startSole = createSoleJobs<SelectionRequest>(jobs, SELECTION_JOB, (_, request) => plan(request));

  return {
    plan,
    start: (request) => startSole(subjectOf(request), request),

    get: async (id) => {
      const found = await findSelection(store, id);
      if (found !== null) return doneOf(found);
      const job = await jobs.get(id).catch(() => null);
      // A finished job without a stored result was removed, perhaps with its collection.
      if (job?.kind !== SELECTION_JOB || job.state === "done") throw notFound("selection", id);
      return job;
    },

    done: async (id) => {
      const found = await findSelection(store, id);
      if (found === null) throw notFound("selection", id);
      return doneOf(found);
    },

    list: async () => (await listSelections(store, LISTED)).map(doneOf),

    remove: async (id) => {
      if (await removeSelection(store, id)) return;
      const job = await jobs.get(id).catch(() => null);
      if (job?.kind === SELECTION_JOB && job.state === "running")
        throw new AnchorageError("conflict", `The selection "${id}" runs; DELETE /v1/jobs/${id} cancels it.`);
      throw notFound("selection", id);
    },
  };
};

/** Only `saveSelection` writes that column. */
const doneOf = ({ id, createdAt, content }: SelectionRecord): DoneSelection => ({
  ...(content as unknown as Selection),
  id,
  createdAt,
});
