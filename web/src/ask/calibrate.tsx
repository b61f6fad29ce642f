import { useState } from "preact/hooks";
import { client, collectionClient, epoch, jobs } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import { question } from "./state.ts";

/** Starts the measurement that turns scores into probabilities; its progress is in the top bar. */
export const CalibrateButton = ({ name }: { readonly name: string }) => {
  const [error, setError] = useState<unknown>(null);
  const running = jobs.value.find(
    ({ kind, subject, state }) => kind === "calibrate" && subject === name && state === "running",
  );
  const start = async (): Promise<void> => {
    const { method, k, p } = question.value;
    const job = await collectionClient(name).calibrate({
      ...(method === "" ? {} : { method: method as never }),
      ...(k === "" ? {} : { k: Number(k) }),
      ...(p === "" ? {} : { p: Number(p) }),
    });
    jobs.value = [job, ...jobs.value];
    await client.value.waitForJob(job);
    epoch.value++;
  };
  if (running !== undefined)
    return <span>Calibrating: {Math.round((100 * running.done) / (running.total || 1))} %.</span>;
  return (
    <>
      <button type="button" class="link" onClick={() => void start().catch(setError)}>
        Calibrate
      </button>
      <Problem error={error} />
    </>
  );
};
