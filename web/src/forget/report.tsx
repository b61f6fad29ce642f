import { useState } from "preact/hooks";
import type { Filter } from "../../../src/api/filter.ts";
import { counted, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient, latestJob, noteJob } from "../service.ts";
import { Confirm } from "../ui/dialog.tsx";
import { jobKey, JobProgress } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { saveFile } from "../ui/save-file.ts";

const KIND = "erase-and-report";

interface EraseDialogProps {
  readonly name: string;
  readonly filter: Filter;
  readonly anchors: number;
  /** The field that pictures are asked for, before and after; null: none is asked. */
  readonly by: string | null;
  readonly onClose: () => void;
}

/** Asks who wants it, then deletes, erases and reports in one job. */
export const EraseDialog = ({ name, filter, anchors, by, onClose }: EraseDialogProps) => {
  const [askedBy, setAskedBy] = useState("");
  const [reason, setReason] = useState("");
  const erase = async (): Promise<void> => {
    noteJob(
      await collectionClient(name).erase({
        filter,
        ...(askedBy.trim() === "" ? {} : { askedBy: askedBy.trim() }),
        ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
        ...(by === null ? {} : { questions: { by } }),
      }),
    );
  };
  return (
    <Confirm
      title={`Erase ${counted(anchors, "anchor")} from ${name}?`}
      action={`Delete and erase ${counted(anchors, "anchor")}`}
      danger
      onConfirm={erase}
      onClose={onClose}
    >
      <p>
        They are deleted, their bytes erased and searched for, and a signed report is made. Writes wait while
        tables are rewritten. This cannot be undone.
      </p>
      <label class="field">
        <span>Asked by</span>
        <input
          value={askedBy}
          placeholder="Ann, by letter"
          onInput={(event) => setAskedBy(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Reason</span>
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
    </Confirm>
  );
};

/** The erasure that runs, and the reports of those that are done. */
export const Reports = ({ name }: { readonly name: string }) => {
  const job = latestJob(KIND, name);
  const { value, error } = useLoad(
    (signal) => collectionClient(name).listErasureReports({ signal }),
    `${name} ${jobKey(KIND, name)}`,
  );
  const [failed, setFailed] = useState<unknown>(null);
  const download = async (id: string, form: "html" | "json"): Promise<void> => {
    try {
      const collection = collectionClient(name);
      const [type, text] =
        form === "html"
          ? ["text/html", await collection.getErasureReportHtml(id)]
          : ["application/json", `${JSON.stringify(await collection.getErasureReport(id), null, 2)}\n`];
      saveFile(`erasure-${name}-${id.slice(0, 8)}.${form}`, type, text);
      setFailed(null);
    } catch (fault) {
      setFailed(fault);
    }
  };
  if (job?.state !== "running" && job?.state !== "failed" && (value ?? []).length === 0)
    return <Problem error={error} />;
  return (
    <section class="card" aria-label="Reports">
      <h2>Reports for the file</h2>
      {job?.state === "running" && <JobProgress job={job} />}
      {job?.state === "failed" && (
        <p class="problem" role="alert">
          The last erasure did not come to its end: {job.error}. The receipts below say whether the anchors
          were deleted.
        </p>
      )}
      <Problem error={failed ?? error} />
      <ul class="reports">
        {(value ?? []).map(({ id, madeAt, deleted, askedBy }) => (
          <li key={id}>
            {counted(deleted, "anchor")}, {when(madeAt)}
            {askedBy !== null && <>, asked by {askedBy}</>}{" "}
            <button type="button" class="plain" onClick={() => void download(id, "html")}>
              Download the report
            </button>{" "}
            <button type="button" class="link" onClick={() => void download(id, "json")}>
              as JSON
            </button>
          </li>
        ))}
      </ul>
      <p class="muted small">
        Each is signed. <code>npm run verify-receipt -- FILE</code> checks it anywhere, without this service.
      </p>
    </section>
  );
};
