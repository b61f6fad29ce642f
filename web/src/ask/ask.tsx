import { useState } from "preact/hooks";
import { imageOf } from "../../../src/client/index.ts";
import { useLoad } from "../load.ts";
import { collectionClient, current } from "../service.ts";
import { readImage, useGivenFiles } from "../ui/drop.ts";
import { jobKey } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { AnswerCard } from "./answer-card.tsx";
import { ask } from "./answer.ts";
import { remember } from "./decided.ts";
import { Nearest } from "./nearest.tsx";
import { QuestionCard } from "./question-card.tsx";
import { templateFault } from "./question.ts";
import { askAboutImage, question, subject } from "./state.ts";
import { TextAnswer } from "./text-answer.tsx";
import { Welcome } from "./welcome.tsx";

/** The first screen: an image, the classes that it could be of, and which anchors say so. */
export const Ask = () => {
  const collection = current.value;
  const [fileError, setFileError] = useState<unknown>(null);

  const take = async (files: FileList | null | undefined): Promise<void> => {
    const file = files?.[0];
    if (file === undefined) return;
    try {
      askAboutImage(await readImage(file, imageOf));
      setFileError(null);
    } catch (error) {
      setFileError(error);
    }
  };

  useGivenFiles(take);

  if (collection === null) return <NoCollection />;
  return (
    <div class="ask">
      <div>
        <QuestionCard collection={collection} onFiles={take} />
        <Problem error={fileError} />
      </div>
      <Answer key={collection.name} name={collection.name} sequence={collection.sequence} />
    </div>
  );
};

const Answer = ({ name, sequence }: { readonly name: string; readonly sequence: number }) => {
  const asked = question.value;
  const about = subject.value;
  const calibrations = useLoad(
    (signal) => collectionClient(name).listCalibrations({ signal }),
    `${name} ${sequence} ${jobKey("calibrate", name)}`,
  );
  const ready = about !== null && asked.classes.length > 0 && templateFault(asked.template) === null;
  const settled = calibrations.value !== undefined || calibrations.error !== null;
  const calibrated = (calibrations.value?.length ?? 0) > 0;
  const about_ = about?.kind === "image" ? about.image.address : (about?.id ?? "");
  const key = ready && settled ? JSON.stringify([name, asked, about_, calibrated, sequence]) : null;
  const answer = useLoad(async (signal) => {
    if (about === null) throw new Error("nothing is asked about");
    const compared = await ask(collectionClient(name), asked, about, { calibrated, signal });
    remember(name, asked, about, compared);
    return compared;
  }, key);

  if (asked.text !== "" && about === null) return <TextAnswer name={name} text={asked.text} />;
  if (about === null) return <Welcome name={name} />;
  if (asked.classes.length === 0)
    return (
      <section class="card empty" aria-label="Answer">
        <h1>What could it be?</h1>
        <p class="muted">Name at least one class on the left; with two or more they are compared.</p>
      </section>
    );
  return (
    <div>
      <section
        class={`card answer${answer.loading && answer.value !== undefined ? " stale" : ""}`}
        aria-label="Answer"
      >
        <Problem error={answer.error} />
        {answer.value === undefined && answer.error === null && <p class="muted">Asking {name}…</p>}
        {answer.value !== undefined && (
          <AnswerCard name={name} compared={answer.value} settled={!answer.loading} about={about} />
        )}
      </section>
      <Nearest name={name} about={about} />
    </div>
  );
};

const NoCollection = () => (
  <section class="card empty">
    <h1>There is no collection yet</h1>
    <p class="muted">
      The service was started without its sample. Start it with <code>SAMPLE=on</code>, or create a collection
      by <code>POST /v1/collections</code>.
    </p>
    <a class="button" href="/docs#createCollection">
      How to create one
    </a>
  </section>
);
