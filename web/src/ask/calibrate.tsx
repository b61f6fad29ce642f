import { collectionClient } from "../service.ts";
import { JobStart } from "../ui/job.tsx";
import { question } from "./state.ts";

/** Starts the measurement that turns scores into probabilities. */
export const CalibrateButton = ({ name }: { readonly name: string }) => {
  const { method, k, p } = question.value;
  const settings = {
    ...(method === "" ? {} : { method: method as never }),
    ...(k === "" ? {} : { k: Number(k) }),
    ...(p === "" ? {} : { p: Number(p) }),
  };
  return (
    <JobStart kind="calibrate" subject={name} plain start={() => collectionClient(name).calibrate(settings)}>
      Calibrate
    </JobStart>
  );
};
