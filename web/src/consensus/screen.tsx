import { useRef, useState } from "preact/hooks";
import { imageOf } from "../../../src/client/index.ts";
import type { Subject } from "../ask/question.ts";
import { chosenImage } from "../ask/state.ts";
import { useLoad } from "../load.ts";
import { formatRoute, navigate, route } from "../route.ts";
import { client, collectionClient, current } from "../service.ts";
import { readImage, useGivenFiles } from "../ui/drop.ts";
import { Picture } from "../ui/picture.tsx";
import { Problem } from "../ui/problem.tsx";
import { Generate } from "./generate.tsx";
import { missingOf, readWanted, requestOf, TASKS, writeWanted, type Task, type Wanted } from "./request.ts";
import { run, startRun, stopRun } from "./run.ts";
import "./consensus.css";
import { RunCard } from "./run-card.tsx";

/** Proposals for a picture, judged by several scorers round by round; and a language model's words about it. */
export const Consensus = () => {
  const collection = current.value;
  const wanted = readWanted(route.value.params);
  const image = chosenImage.value;
  const subject: Subject | null =
    wanted.anchor !== ""
      ? { kind: "anchor", id: wanted.anchor }
      : image === null
        ? null
        : { kind: "image", image };
  const [fileError, setFileError] = useState<unknown>(null);
  if (collection === null) return <p class="muted">There is no collection yet.</p>;
  const { name } = collection;
  const change = (changes: Partial<Wanted>): void =>
    navigate(formatRoute("consensus", { c: name, ...writeWanted({ ...wanted, ...changes }) }), {
      replace: true,
    });
  const take = async (files: FileList | null | undefined): Promise<void> => {
    const file = files?.[0];
    if (file === undefined) return;
    try {
      chosenImage.value = await readImage(file, imageOf);
      change({ anchor: "" });
      setFileError(null);
    } catch (failed) {
      setFileError(failed);
    }
  };
  return (
    <div class="ask">
      <section class="card question" aria-label="What is asked">
        <Chooser name={name} subject={subject} onFiles={take} />
        <Problem error={fileError} />
        <Form name={name} wanted={wanted} subject={subject} onChange={change} />
      </section>
      <div>
        <RunCard name={name} />
        <Generate name={name} subject={subject} />
      </div>
    </div>
  );
};

const Chooser = ({
  name,
  subject,
  onFiles,
}: {
  readonly name: string;
  readonly subject: Subject | null;
  readonly onFiles: (files: FileList | null | undefined) => Promise<void>;
}) => {
  const file = useRef<HTMLInputElement>(null);
  useGivenFiles(onFiles);
  return (
    <>
      <button
        type="button"
        class={`drop${subject === null ? "" : " has"}`}
        aria-label={subject === null ? undefined : "Choose another image"}
        onClick={() => file.current?.click()}
      >
        {subject === null && (
          <span>
            <b>Drop an image</b>
            <br />
            or take one of <span class="nowrap">the anchors below</span>
          </span>
        )}
        {subject?.kind === "image" && <img src={subject.image.address} alt={subject.image.name} />}
        {subject?.kind === "anchor" && <Picture collection={name} id={subject.id} caption={subject.id} />}
      </button>
      <input
        ref={file}
        type="file"
        accept="image/*"
        hidden
        aria-label="Image"
        onChange={(event) => {
          void onFiles(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
};

const Form = ({
  name,
  wanted,
  subject,
  onChange,
}: {
  readonly name: string;
  readonly wanted: Wanted;
  readonly subject: Subject | null;
  readonly onChange: (changes: Partial<Wanted>) => void;
}) => {
  const { task, field, text, rounds, scorers } = wanted;
  const running = run.value?.state === "running";
  const missing = missingOf(wanted, subject);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (subject !== null && missing === null) void startRun(requestOf(name, wanted, subject), scorers);
      }}
    >
      {subject === null && <Anchors name={name} onTake={(anchor) => onChange({ anchor })} />}
      <label class="field">
        <span>Task</span>
        <select value={task} onChange={(event) => onChange({ task: taskOf(event.currentTarget.value) })}>
          {Object.entries(TASKS).map(([each, label]) => (
            <option key={each} value={each}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {task === "tag" && <Fields name={name} field={field} onChange={(next) => onChange({ field: next })} />}
      {task === "answer" && (
        <label class="field">
          <span>Question</span>
          <input
            value={text}
            placeholder="what is it for?"
            onChange={(event) => onChange({ text: event.currentTarget.value })}
          />
        </label>
      )}
      <Scorers wanted={wanted} onChange={(next) => onChange({ scorers: next })} />
      <label class="field">
        <span>Rounds, at most</span>
        <input
          type="number"
          min={1}
          max={20}
          value={rounds}
          onChange={(event) => onChange({ rounds: Number(event.currentTarget.value) })}
        />
      </label>
      <div class="buttons start">
        {/* With keys the click on one never becomes the submit of the other. */}
        {running ? (
          <button key="stop" type="button" class="danger" onClick={stopRun}>
            Stop
          </button>
        ) : (
          <button key="start" type="submit" disabled={missing !== null}>
            Propose
          </button>
        )}
        {missing !== null && <span class="small muted">{missing}</span>}
      </div>
    </form>
  );
};

const taskOf = (name: string): Task => (name === "tag" || name === "answer" ? name : "caption");

const SHOWN = 6;

/** Some anchors to begin with. */
const Anchors = ({ name, onTake }: { readonly name: string; readonly onTake: (id: string) => void }) => {
  const { value } = useLoad(async (signal) => {
    const anchors = [];
    for await (const anchor of collectionClient(name).listAnchors({ pageSize: 50, signal })) {
      if (anchor.hasImage) anchors.push(anchor);
      if (anchors.length === SHOWN) break;
    }
    return anchors;
  }, name);
  if (value === undefined || value.length === 0) return null;
  return (
    <div class="strip small-strip" data-grid>
      {value.map(({ id, text }) => (
        <button key={id} type="button" class="anchor" data-item title={text ?? id} onClick={() => onTake(id)}>
          <Picture collection={name} id={id} caption={text} />
        </button>
      ))}
    </div>
  );
};

const Fields = ({
  name,
  field,
  onChange,
}: {
  readonly name: string;
  readonly field: string;
  readonly onChange: (field: string) => void;
}) => {
  const { value, error } = useLoad((signal) => collectionClient(name).facets({ limit: 1 }, { signal }), name);
  return (
    <>
      <label class="field">
        <span>Field whose values are proposed</span>
        <select value={field} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">choose…</option>
          {value?.facets.map(({ key, distinct }) => (
            <option key={key} value={key}>
              {key} ({distinct})
            </option>
          ))}
        </select>
      </label>
      <Problem error={error} />
    </>
  );
};

/** Scorers that judge texts and need nothing besides the picture, or the field of the task. */
const Scorers = ({
  wanted: { scorers, task },
  onChange,
}: {
  readonly wanted: Wanted;
  readonly onChange: (scorers: readonly string[]) => void;
}) => {
  const { value, error } = useLoad((signal) => client.value.listScorers({ signal }), "scorers");
  const usable = (value ?? []).filter(
    ({ name, kinds, needs }) =>
      kinds.includes("text") &&
      !["onnx", "http"].includes(name) &&
      (needs !== "text" || task === "answer") &&
      (task === "tag" || !["knn-vote", "probe"].includes(name)),
  );
  return (
    <fieldset class="field scorers">
      <legend class="small muted">Scorers</legend>
      {usable.map(({ name, description }) => (
        <label key={name} title={description}>
          <input
            type="checkbox"
            checked={scorers.includes(name)}
            onChange={() =>
              onChange(scorers.includes(name) ? scorers.filter((each) => each !== name) : [...scorers, name])
            }
          />{" "}
          {name}
        </label>
      ))}
      <Problem error={error} />
    </fieldset>
  );
};
