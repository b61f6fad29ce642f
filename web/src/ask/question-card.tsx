import { useRef, useState } from "preact/hooks";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { CoreMethod } from "../../../src/api/methods.ts";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import { addClasses, templateFault } from "./question.ts";
import { change, question, subject } from "./state.ts";

/** Every method of the service; the compiler misses none. */
const METHODS = Object.keys({
  asif: true,
  csa: true,
  orthogonal: true,
  ridge: true,
  "asif-csa": true,
  local: true,
  "asif+local": true,
  consensus: true,
} satisfies Record<CoreMethod, true>);

interface Props {
  readonly collection: CollectionBody;
  readonly onFiles: (files: FileList | null | undefined) => Promise<void>;
}

/** What is asked: an image, classes, a template, and the settings that are seldom changed. */
export const QuestionCard = ({ collection, onFiles }: Props) => {
  const file = useRef<HTMLInputElement>(null);
  const about = subject.value;
  const { template, itself } = question.value;
  const fault = templateFault(template);
  return (
    <section class="card question" aria-label="Question">
      <button
        type="button"
        class={`drop${about === null ? "" : " has"}`}
        aria-label={about === null ? undefined : "Choose another image"}
        onClick={() => file.current?.click()}
      >
        {about === null && (
          <span>
            <b>Drop an image</b>
            <br />
            or paste one, or click to choose
          </span>
        )}
        {about?.kind === "image" && <img src={about.image.address} alt={about.image.name} />}
        {about?.kind === "anchor" && (
          <Picture collection={collection.name} id={about.id} caption={about.id} />
        )}
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
      {about?.kind === "anchor" && (
        <p class="small muted self">
          Stored anchor <code>{about.id}</code>.{" "}
          {itself
            ? "It takes part in its own answer."
            : "Answered without itself, or it would mostly explain itself."}{" "}
          <button type="button" class="link" onClick={() => change({ itself: !itself })}>
            {itself ? "Leave it out" : "Put it in"}
          </button>
        </p>
      )}
      <label class="field">
        <span>or a text</span>
        <input
          value={question.value.text}
          placeholder="something to drink"
          onChange={(event) => {
            const text = event.currentTarget.value.trim();
            change({ text, ...(text === "" ? {} : { anchor: "", without: [], withoutGroups: [] }) });
          }}
        />
      </label>
      <Classes />
      <Suggestions key={collection.name} name={collection.name} />
      <label class="field">
        <span>Template</span>
        <input
          value={template}
          placeholder="a photo of a {}"
          aria-invalid={fault !== null}
          onChange={(event) => change({ template: event.currentTarget.value.trim() })}
        />
        {fault !== null && <span class="fault">{fault}</span>}
      </label>
      <Settings collection={collection} />
    </section>
  );
};

const Classes = () => {
  const { classes } = question.value;
  const [typed, setTyped] = useState("");
  const add = (): void => {
    const next = addClasses(classes, typed);
    setTyped("");
    if (next.length !== classes.length) change({ classes: next });
  };
  return (
    <div class="field">
      <span id="classes-label">Classes</span>
      <div class="chips" role="group" aria-labelledby="classes-label">
        {classes.map((name) => (
          <span key={name} class="chip">
            {name}
            <button
              type="button"
              aria-label={`Remove ${name}`}
              onClick={() => change({ classes: classes.filter((each) => each !== name) })}
            >
              ×
            </button>
          </span>
        ))}
        <input
          data-search
          value={typed}
          placeholder={classes.length === 0 ? "sun, moon, tree" : "add a class"}
          aria-label="Add a class"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key === "Enter" || event.key === ",") {
              event.preventDefault();
              add();
            } else if (event.key === "Backspace" && typed === "" && classes.length > 0)
              change({ classes: classes.slice(0, -1) });
          }}
        />
      </div>
    </div>
  );
};

const MOST_VALUES = 100;

/** Classes from the values of a metadata key, for collections that have them written down. */
const Suggestions = ({ name }: { readonly name: string }) => {
  const { value } = useLoad(
    (signal) => collectionClient(name).facets({ limit: MOST_VALUES }, { signal }),
    name,
  );
  const usable = (value?.facets ?? []).filter(({ distinct }) => distinct > 1 && distinct <= MOST_VALUES);
  if (usable.length === 0) return null;
  return (
    <div class="suggestions small muted">
      or every{" "}
      {usable.slice(0, 4).map(({ key, values, distinct }) => (
        <button
          key={key}
          type="button"
          class="link"
          onClick={() => change({ classes: values.map((each) => String(each.value)) })}
        >
          {key} ({distinct})
        </button>
      ))}
    </div>
  );
};

/** A transform in a word; one that is spelled out is its kinds for images and texts. */
const transformOf = ({ transform }: CollectionBody): string =>
  typeof transform === "string" ? transform : `${transform.image.kind} + ${transform.text.kind}`;

const Settings = ({ collection }: { readonly collection: CollectionBody }) => {
  const { method, k, p } = question.value;
  const { asif } = collection;
  const own = `${collection.method}, k ${asif.k}, p ${asif.p}, ${transformOf(collection)}`;
  const changed = [method, k, p].some((each) => each !== "");
  return (
    <details class="settings" open={changed}>
      <summary>Settings{changed ? "" : `: ${own}`}</summary>
      <label class="field">
        <span>Method</span>
        <select value={method} onChange={(event) => change({ method: event.currentTarget.value })}>
          <option value="">the collection's: {collection.method}</option>
          {METHODS.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <div class="pair">
        <label class="field">
          <span>k, anchors kept</span>
          <input
            inputMode="numeric"
            value={k}
            placeholder={String(asif.k)}
            pattern="[0-9]*"
            onChange={(event) =>
              change({ k: /^\d*$/.test(event.currentTarget.value) ? event.currentTarget.value : "" })
            }
          />
        </label>
        <label class="field">
          <span>p, the power</span>
          <input
            inputMode="decimal"
            value={p}
            placeholder={String(asif.p)}
            onChange={(event) =>
              change({ p: Number(event.currentTarget.value) > 0 ? event.currentTarget.value : "" })
            }
          />
        </label>
      </div>
      {changed && (
        <button type="button" class="link small" onClick={() => change({ method: "", k: "", p: "" })}>
          Back to the collection's own ({own})
        </button>
      )}
    </details>
  );
};
