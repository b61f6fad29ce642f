import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { JobBody } from "../../../src/api/service.ts";
import { count, duration } from "../format.ts";
import { client, latestJob, noteJob } from "../service.ts";
import { Problem } from "./problem.tsx";

/** What changes when a job of this kind on this subject starts or ends: part of the key of what it makes. */
export const jobKey = (kind: string, subject: string): string => {
  const job = latestJob(kind, subject);
  return job === undefined ? "" : `${job.id} ${job.state === "running" ? "runs" : "ended"}`;
};

/** How long a running job needs at the pace that it had so far, such as ", about 40 s left". */
export const timeLeft = ({ state, done, total, createdAt, updatedAt }: JobBody): string => {
  if (state !== "running" || done <= 0 || total <= done) return "";
  const spent = (Date.parse(updatedAt) - Date.parse(createdAt)) / 1_000;
  return `, about ${duration((spent / done) * (total - done))} left`;
};

/** How far a job is: a bar, numbers, and while it runs a button that cancels it. */
export const JobProgress = ({ job }: { readonly job: JobBody }) => {
  const [error, setError] = useState<unknown>(null);
  const cancel = (): void => void client.value.cancelJob(job.id).then(noteJob, setError);
  return (
    <>
      <span class="running" role="status">
        <progress value={job.done} max={job.total || 1} aria-label={`Progress of ${job.kind}`} />
        <span class="small muted">
          {job.total === 0 ? "starting" : `${count(job.done)} of ${count(job.total)}`}
          {timeLeft(job)}
        </span>
        {job.state === "running" && (
          <button type="button" class="plain" onClick={cancel}>
            Cancel
          </button>
        )}
      </span>
      <Problem error={error} />
    </>
  );
};

interface JobStartProps {
  /** The kind of job that is started, and what it works on. */
  readonly kind: string;
  readonly subject: string;
  readonly start: () => Promise<JobBody>;
  readonly plain?: boolean;
  readonly disabled?: boolean;
  /** What the button says. */
  readonly children: ComponentChildren;
}

/** A button that starts a job; while one runs its progress, after one failed the reason. */
export const JobStart = ({ kind, subject, start, plain, disabled, children }: JobStartProps) => {
  const [error, setError] = useState<unknown>(null);
  const [starting, setStarting] = useState(false);
  const job = latestJob(kind, subject);
  if (job?.state === "running") return <JobProgress job={job} />;
  const press = async (): Promise<void> => {
    setStarting(true);
    setError(null);
    try {
      noteJob(await start());
    } catch (failed) {
      setError(failed);
    }
    setStarting(false);
  };
  return (
    <>
      <button
        type="button"
        class={plain === true ? "plain" : ""}
        disabled={starting || disabled === true}
        onClick={() => void press()}
      >
        {children}
      </button>
      {job?.state === "failed" && error === null && (
        <p class="small fault" role="alert">
          The last one failed: {job.error}
        </p>
      )}
      {job?.state === "cancelled" && <p class="small muted">The last one was cancelled.</p>}
      <Problem error={error} />
    </>
  );
};
