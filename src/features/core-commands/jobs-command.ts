import type { z } from "zod";
import type { CollectionsClient, JobBody } from "../../client/index.ts";
import { columns, EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";

type Context = CommandContext<CollectionsClient>;

const listSchema = ({ z, noArguments }: OptionSchemas) =>
  z.object({ arguments: noArguments, running: z.boolean().default(false) }).strict();

/** `anchorage jobs list`. */
export const listJobsCommand: Command<z.output<ReturnType<typeof listSchema>>, Context> = {
  name: "jobs list",
  on: "anchorage",
  synopsis: "[options]",
  about: "Lists background jobs, such as tuning, checks and moves to other encoders, the newest first.",
  options: { running: { type: "boolean", help: "only jobs that are running" } },
  examples: ["--running"],
  schema: listSchema,
  run: async ({ running }, { connect, show, note }) => {
    const client = await connect();
    try {
      const all = await client.listJobs();
      const jobs = running ? all.filter(({ state }) => state === "running") : all;
      show(jobs, () => tableOf(jobs));
      if (jobs.length === 0) note(running ? "no job is running" : "there are no jobs");
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};

const tableOf = (jobs: readonly JobBody[]): string[] =>
  jobs.length === 0
    ? []
    : columns([
        ["id", "kind", "subject", "state", "done", "updated"],
        ...jobs.map(({ id, kind, subject, state, done, total, updatedAt }) => [
          id,
          kind,
          subject,
          state,
          total > 0 ? `${Math.floor((100 * done) / total)} %` : "-",
          updatedAt.slice(0, 19),
        ]),
      ]);

const idSchema = ({ z }: OptionSchemas) =>
  z
    .object({
      arguments: z.tuple([z.string().min(1)], "ID is required: one that anchorage jobs list prints"),
    })
    .strict();

type Given = z.output<ReturnType<typeof idSchema>>;

const linesOf = (job: JobBody): string[] => [
  ...tableOf([job]),
  ...(job.error === null ? [] : [`error: ${job.error}`]),
];

/** `anchorage jobs show`. */
export const showJobCommand: Command<Given, Context> = {
  name: "jobs show",
  on: "anchorage",
  synopsis: "ID [options]",
  about: "Shows one job: its state, how far it is, and why it failed.",
  options: {},
  examples: ["2f0c1d3e-... --json"],
  schema: idSchema,
  run: async ({ arguments: [id] }, { connect, show }) => {
    const client = await connect();
    try {
      const job = await client.getJob(id);
      show(job, () => linesOf(job));
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};

/** `anchorage jobs wait`. */
export const waitForJobCommand: Command<Given, Context> = {
  name: "jobs wait",
  on: "anchorage",
  synopsis: "ID [options]",
  about: "Waits until a job of a running service has ended. Ctrl-C stops waiting; the job continues.",
  options: {},
  examples: ["2f0c1d3e-... --url http://127.0.0.1:8080"],
  exits: { done: "the job is done", failed: "the job failed, was cancelled or was interrupted" },
  schema: idSchema,
  run: async ({ arguments: [id] }, { connect, show, signal, note }) => {
    const client = await connect();
    const { createProgress } = await import("../../progress.ts");
    const progress = createProgress("waiting", "steps");
    try {
      let job = await client.getJob(id);
      while (job.state === "running" && !signal.aborted) {
        progress.update(job.done, job.total);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        job = await client.getJob(id);
      }
      progress.stop();
      show(job, () => linesOf(job));
      if (job.state === "running") {
        note("the job continues");
        return EXIT.interrupted;
      }
      return job.state === "done" ? EXIT.done : EXIT.failed;
    } finally {
      progress.stop();
      await client.close();
    }
  },
};

const LOOK_EVERY_MS = 500;

/** `anchorage jobs cancel`. */
export const cancelJobCommand: Command<Given, Context> = {
  name: "jobs cancel",
  on: "anchorage",
  synopsis: "ID [options]",
  about: "Cancels a job and waits until it has ended. A job that has ended already stays as it is.",
  options: {},
  examples: ["2f0c1d3e-..."],
  schema: idSchema,
  run: async ({ arguments: [id] }, { connect, show }) => {
    const client = await connect();
    try {
      const job = await client.cancelJob(id);
      show(job, () => linesOf(job));
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};
