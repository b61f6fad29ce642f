import { useEffect, useRef, useState } from "preact/hooks";
import type { GenerateAnswerBody } from "../../../src/features/client.ts";
import type { Subject } from "../ask/question.ts";
import { useLoad } from "../load.ts";
import { formatRoute } from "../route.ts";
import { client } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import { Problem } from "../ui/problem.tsx";

const NEIGHBOURS = 4;

interface Written {
  readonly words: string;
  readonly answer: GenerateAnswerBody | null;
  readonly state: "writing" | "done" | "stopped";
}

/** A language model that sees the picture by an adapter: its words as they come, and the anchors that it read. */
export const Generate = ({ name, subject }: { readonly name: string; readonly subject: Subject | null }) => {
  const adapters = useLoad((signal) => client.value.listAdapters({ signal }), "adapters");
  const [adapter, setAdapter] = useState("");
  const [prompt, setPrompt] = useState("");
  const [neighbours, setNeighbours] = useState(NEIGHBOURS);
  const [written, setWritten] = useState<Written | null>(null);
  const [error, setError] = useState<unknown>(null);
  const aborting = useRef<AbortController | null>(null);
  useEffect(() => () => aborting.current?.abort(), []);
  const known = adapters.value;
  const chosen = adapter === "" ? (known?.[0]?.id ?? "") : adapter;

  const write = async (about: Subject): Promise<void> => {
    const controller = new AbortController();
    aborting.current = controller;
    setError(null);
    let words = "";
    setWritten({ words, answer: null, state: "writing" });
    const request = {
      collection: name,
      adapter: chosen,
      neighbours,
      input: about.kind === "image" ? { image: { base64: about.image.base64 } } : { anchor: about.id },
      ...(prompt.trim() === "" ? {} : { prompt }),
    };
    try {
      for await (const event of client.value.generateStream(request, { signal: controller.signal }))
        if (event.event === "token")
          setWritten({ words: (words += event.token.text), answer: null, state: "writing" });
        else setWritten({ words: event.result.answer, answer: event.result, state: "done" });
    } catch (failed) {
      if (controller.signal.aborted) setWritten({ words, answer: null, state: "stopped" });
      else {
        setWritten(null);
        setError(failed);
      }
    }
  };

  return (
    <section class="card generate" aria-labelledby="generate-title">
      <h2 id="generate-title">A language model's words</h2>
      <Problem error={adapters.error ?? error} />
      {known?.length === 0 && (
        <p class="muted">
          No adapter is stored, so no language model sees these pictures yet. Put a decoder into{" "}
          <code>DATA_DIR/decoders</code>, then train an adapter:{" "}
          <code>npm run train-adapter -- --collection {name}</code>.
        </p>
      )}
      {known !== undefined && known.length > 0 && (
        <form
          class="tools"
          onSubmit={(event) => {
            event.preventDefault();
            if (subject !== null) void write(subject);
          }}
        >
          <label>
            Adapter{" "}
            <select value={chosen} onChange={(event) => setAdapter(event.currentTarget.value)}>
              {known.map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </label>
          <input
            class="wide-input"
            aria-label="Question"
            placeholder="A question; empty: a caption"
            value={prompt}
            onInput={(event) => setPrompt(event.currentTarget.value)}
          />
          <label>
            reads{" "}
            <input
              type="number"
              min={0}
              max={64}
              value={neighbours}
              onChange={(event) => setNeighbours(Number(event.currentTarget.value))}
            />{" "}
            anchors
          </label>
          {written?.state === "writing" ? (
            <button key="stop" type="button" class="danger" onClick={() => aborting.current?.abort()}>
              Stop
            </button>
          ) : (
            <button key="start" type="submit" disabled={subject === null}>
              Write
            </button>
          )}
        </form>
      )}
      {written !== null && (
        <>
          <p class="words" aria-live="polite" aria-busy={written.state === "writing"}>
            {written.words === "" ? "…" : written.words}
            {written.state === "stopped" && <span class="muted"> (stopped)</span>}
          </p>
          {written.answer !== null && <ReadAnchors name={name} answer={written.answer} />}
        </>
      )}
    </section>
  );
};

const ReadAnchors = ({ name, answer }: { readonly name: string; readonly answer: GenerateAnswerBody }) =>
  answer.anchors.length === 0 ? (
    <p class="small muted">It read no anchor: these words are the model's and the adapter's alone.</p>
  ) : (
    <>
      <h2>The anchors that it read</h2>
      <div class="strip" data-grid>
        {answer.anchors.map(({ id, caption, similarity }) => (
          <a key={id} class="anchor" data-item href={formatRoute("anchors", { c: name, open: id })}>
            <Picture collection={name} id={id} caption={caption} captioned />
            <span class="cap">{caption ?? id}</span>
            <span class="contrib">{similarity.toFixed(3)}</span>
          </a>
        ))}
      </div>
    </>
  );
