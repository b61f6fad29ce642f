import type { StoredAnchorBody } from "../../../src/api/anchors.ts";
import { useLoad } from "../load.ts";
import { formatRoute } from "../route.ts";
import { collectionClient, current } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import { Problem } from "../ui/problem.tsx";
import { askAboutAnchor, question } from "./state.ts";

/** Anchors of the sample that show at once what an answer is, with classes that suit them. */
const SAMPLE = [
  "noto/2600",
  "fluent-emoji-flat/1F355",
  "openmoji/1F436",
  "noto/1F697",
  "fluent-emoji-flat/1F319",
  "noto/1F333",
];
const SAMPLE_CLASSES = ["sun", "moon", "tree", "dog", "car", "pizza"];
const SHOWN = 6;

interface Examples {
  readonly anchors: readonly StoredAnchorBody[];
  /** Absent: the person names classes. */
  readonly classes?: readonly string[];
}

const readExamples = async (name: string, signal: AbortSignal): Promise<Examples> => {
  const collection = collectionClient(name);
  const sample = name === "emoji" ? await collection.existingAnchors(SAMPLE, { signal }) : [];
  if (sample.length > 0)
    return {
      anchors: await Promise.all(sample.map((id) => collection.getAnchor(id, { signal }))),
      classes: SAMPLE_CLASSES,
    };
  const anchors: StoredAnchorBody[] = [];
  for await (const anchor of collection.listAnchors({ pageSize: 50, signal })) {
    if (anchor.hasImage) anchors.push(anchor);
    if (anchors.length === SHOWN) break;
  }
  return { anchors };
};

/** What is shown before anything was asked: one sentence, and pictures to begin with. */
export const Welcome = ({ name }: { readonly name: string }) => {
  const some = (current.value?.anchorCount ?? 0) > 0;
  const { value, error } = useLoad((signal) => readExamples(name, signal), `${name} ${some}`);
  const classes = question.value.classes.length > 0 ? question.value.classes : value?.classes;
  return (
    <section class="card welcome" aria-label="Answer">
      <h1>What is this a picture of?</h1>
      <p class="lead">
        Drop an image and name the classes it could be. The answer comes from the pictures in this collection:
        you see which, by how much, and what changes without them.
      </p>
      <Problem error={error} />
      {value !== undefined && value.anchors.length > 0 && (
        <>
          <h2>Or begin with one of these</h2>
          <div class="strip large" data-grid>
            {value.anchors.map(({ id, text, hasImage }) => (
              <button
                key={id}
                type="button"
                class="anchor"
                data-item
                onClick={() => askAboutAnchor(id, classes)}
                aria-label={`Ask about ${text ?? id}`}
              >
                <Picture collection={name} id={id} caption={text} hasImage={hasImage} captioned />
                <span class="cap">{text ?? id}</span>
              </button>
            ))}
          </div>
        </>
      )}
      {!some && (
        <p class="muted">
          This collection has no anchors yet.{" "}
          <a href={formatRoute("add", { c: name })}>Add pictures with captions</a>, and the next answer is
          made of them.
        </p>
      )}
    </section>
  );
};
