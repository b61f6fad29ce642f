import { useEffect, useRef, useState } from "preact/hooks";
import { readValue } from "../anchors/value.ts";
import { count, counted, duration } from "../format.ts";
import { useLoad } from "../load.ts";
import { formatRoute } from "../route.ts";
import { collectionClient, current, refresh } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import { filesOfDrop, filesOfInput } from "./files.ts";
import { NearCopies } from "./near-copies.tsx";
import { planFiles, type Chosen, type Pair, type Plan } from "./plan.ts";
import { sendPairs, type Progress } from "./send.ts";

const ROWS = 5;
const REJECTS = 50;
const ASKED_AT_ONCE = 10_000;

/** What, check, go: pictures with captions from a table, from text files or from their names. */
export const Add = () => {
  const collection = current.value;
  const [plan, setPlan] = useState<Plan | null>(null);
  const [error, setError] = useState<unknown>(null);
  const take = async (files: Promise<readonly Chosen[]>): Promise<void> => {
    try {
      setPlan(await planFiles(await files));
      setError(null);
    } catch (failed) {
      setError(failed);
    }
  };
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      if (event.dataTransfer !== null) void take(filesOfDrop(event.dataTransfer));
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, []);
  if (collection === null) return <p class="muted">There is no collection yet.</p>;
  const { name, encoders } = collection;
  if (typeof collection.imageEncoder !== "string" || typeof collection.textEncoder !== "string")
    return (
      <section class="card empty">
        <h1>{name} takes vectors</h1>
        <p class="muted">
          Its encoders ({encoders.image.id}, {encoders.text.id}) are outside of this service: send anchors
          with their vectors.
        </p>
        <a class="button" href="/docs#putAnchors">
          How to send them
        </a>
      </section>
    );
  return (
    <div class="forget">
      <div class="title">
        <h1>Add</h1>
        <p class="muted">Pictures with captions. The next answer uses them; nothing is trained.</p>
      </div>
      <section class="card">
        <h2>1. What</h2>
        <Chooser onFiles={(files) => void take(Promise.resolve(filesOfInput(files)))} />
        <Problem error={error} />
      </section>
      {plan !== null && <Check key={`${name} ${plan.pairs.length}`} name={name} plan={plan} />}
    </div>
  );
};

const Chooser = ({ onFiles }: { readonly onFiles: (files: FileList | null) => void }) => {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const take = (input: HTMLInputElement): void => {
    onFiles(input.files);
    input.value = "";
  };
  return (
    <div class="drop wide">
      <span>
        <b>Drop pictures or a folder here</b>
        <br />
        Captions come from a table (<code>.csv</code> or <code>.jsonl</code> with file and caption; other
        fields become metadata), from a <code>.txt</code> of the picture's name, or from the name itself.
        <span class="buttons centre">
          <button type="button" class="plain" onClick={() => files.current?.click()}>
            Choose files
          </button>
          <button type="button" class="plain" onClick={() => folder.current?.click()}>
            Choose a folder
          </button>
        </span>
      </span>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder"
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
};

/** Which of the pairs are there already, by their ids. */
const existing = async (
  name: string,
  pairs: readonly Pair[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const ids = pairs.map(({ id }) => id);
  const found = new Set<string>();
  for (let from = 0; from < ids.length; from += ASKED_AT_ONCE)
    for (const id of await collectionClient(name).existingAnchors(ids.slice(from, from + ASKED_AT_ONCE), {
      signal,
    }))
      found.add(id);
  return found;
};

const Check = ({ name, plan }: { readonly name: string; readonly plan: Plan }) => {
  const { rejects, captions } = plan;
  const [leftOut, setLeftOut] = useState<ReadonlySet<string>>(new Set());
  const pairs = plan.pairs.filter(({ id }) => !leftOut.has(id));
  const there = useLoad((signal) => existing(name, plan.pairs, signal), `${name} ${plan.pairs.length}`);
  const [field, setField] = useState({ key: "", typed: "" });
  const [progress, setProgress] = useState<Progress | null>(null);
  const [state, setState] = useState<"ready" | "running" | "ended">("ready");
  const [error, setError] = useState<unknown>(null);
  const aborting = useRef<AbortController | null>(null);
  const extra = field.key.trim() === "" ? {} : { [field.key.trim()]: readValue(field.typed) };
  const whole = pairs.map((pair) => ({ ...pair, metadata: { ...extra, ...pair.metadata } }));

  const go = async (): Promise<void> => {
    const controller = new AbortController();
    aborting.current = controller;
    setState("running");
    setError(null);
    try {
      await sendPairs(collectionClient(name), whole, controller.signal, setProgress);
    } catch (failed) {
      if (!controller.signal.aborted) setError(failed);
    }
    setState("ended");
    await refresh().catch(setError);
  };

  const refused = [
    ...rejects,
    ...[...leftOut].map((id) => ({ name: id, reason: "is nearly the same as a stored picture" })),
    ...(progress?.rejected ?? []),
  ];
  const done = progress === null ? 0 : progress.stored + progress.rejected.length;
  const rate = progress === null ? 0 : done / progress.seconds;
  return (
    <section class="card">
      <h2>2. Check</h2>
      <p>
        <b>{counted(pairs.length, "picture")}</b>, captions from {captions}.
        {there.value !== undefined && there.value.size > 0 && state === "ready" && (
          <> {counted(there.value.size, "id")} are there already; those anchors will be replaced.</>
        )}
      </p>
      <Problem error={there.error} />
      <Preview pairs={whole.slice(0, ROWS)} />
      {state === "ready" && plan.pairs.length > 0 && (
        <NearCopies
          name={name}
          pairs={plan.pairs}
          onLeaveOut={(ids) => setLeftOut(new Set([...leftOut, ...ids]))}
        />
      )}
      <div class="pair add-field">
        <label class="field">
          <span>A field for all of them</span>
          <input
            placeholder="owner"
            value={field.key}
            onInput={(event) => setField({ ...field, key: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          <span>Its value</span>
          <input
            placeholder="ann"
            value={field.typed}
            onInput={(event) => setField({ ...field, typed: event.currentTarget.value })}
          />
        </label>
      </div>
      {refused.length > 0 && (
        <details>
          <summary>{counted(refused.length, "file")} will not be stored</summary>
          <ul class="small">
            {refused.slice(0, REJECTS).map(({ name: file, reason }) => (
              <li key={`${file} ${reason}`}>
                <code>{file}</code> {reason}
              </li>
            ))}
            {refused.length > REJECTS && <li>and {count(refused.length - REJECTS)} more</li>}
          </ul>
        </details>
      )}
      <h2>3. Go</h2>
      <Problem error={error} />
      {state === "ready" && (
        <button type="button" disabled={pairs.length === 0} onClick={() => void go()}>
          Add {counted(pairs.length, "pair")} to {name}
        </button>
      )}
      {state === "running" && (
        <p class="running" role="status">
          <progress value={done} max={pairs.length} aria-label="Pairs stored" /> {count(done)} of{" "}
          {count(pairs.length)}
          {rate > 0 &&
            `, ${rate.toFixed(1)} a second, about ${duration((pairs.length - done) / rate)} left`}{" "}
          <button type="button" class="plain" onClick={() => aborting.current?.abort()}>
            Cancel
          </button>
        </p>
      )}
      {state === "ended" && (
        <p class="note" role="status">
          {counted(progress?.stored ?? 0, "pair")} stored
          {aborting.current?.signal.aborted === true ? "; the rest was cancelled" : ""}.{" "}
          <a href={formatRoute("anchors", { c: name })}>See them</a>
        </p>
      )}
    </section>
  );
};

/** The first rows, as they will be stored. */
const Preview = ({ pairs }: { readonly pairs: readonly Pair[] }) => {
  const [addresses, setAddresses] = useState<readonly string[]>([]);
  const key = pairs.map(({ id }) => id).join("\n");
  useEffect(() => {
    const made = pairs.map(({ file }) => URL.createObjectURL(file));
    setAddresses(made);
    return () => made.forEach((address) => URL.revokeObjectURL(address));
  }, [key]);
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Picture</th>
            <th scope="col">Id</th>
            <th scope="col">Caption</th>
            <th scope="col">Metadata</th>
          </tr>
        </thead>
        <tbody>
          {pairs.map(({ id, text, metadata }, i) => (
            <tr key={id}>
              <td>{addresses[i] !== undefined && <img class="query" src={addresses[i]} alt="" />}</td>
              <td>
                <code>{id}</code>
              </td>
              <td>{text}</td>
              <td>{Object.keys(metadata).length > 0 && <code>{JSON.stringify(metadata)}</code>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
