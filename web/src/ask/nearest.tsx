import type { SearchAnswerBody } from "../../../src/api/queries.ts";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import type { Subject } from "./question.ts";
import { askAboutAnchor } from "./state.ts";

const LIMIT = 8;

/** What is nearest to the picture, whatever the classes: by the pictures themselves, and by captions. */
export const Nearest = ({ name, about }: { readonly name: string; readonly about: Subject }) => {
  const key = about.kind === "image" ? about.image.address : about.id;
  const { value } = useLoad(async (signal) => {
    const query =
      about.kind === "image"
        ? { image: { base64: about.image.base64 } }
        : { anchor: about.id, modality: "image" as const };
    const collection = collectionClient(name);
    const [pictures, captions] = await Promise.all([
      collection.search({ query, target: "image", limit: LIMIT + 1 }, { signal }),
      collection.search({ query, target: "text", limit: LIMIT + 1 }, { signal }),
    ]);
    return { pictures, captions };
  }, `${name} ${key}`);
  if (value === undefined) return null;
  const self = about.kind === "anchor" ? about.id : "";
  return (
    <div class="nearest">
      <Hits title="Nearest pictures" name={name} answer={value.pictures} self={self} />
      <Hits title="Nearest captions" name={name} answer={value.captions} self={self} />
    </div>
  );
};

/** What was found as a strip; a click asks about one of them. */
export const Hits = ({
  title,
  name,
  answer,
  self,
  most = LIMIT,
}: {
  readonly title: string;
  readonly name: string;
  readonly answer: SearchAnswerBody;
  readonly self: string;
  readonly most?: number;
}) => (
  <section aria-label={title}>
    <h2>{title}</h2>
    <div class="strip small-strip" data-grid>
      {answer.hits
        .filter(({ id }) => id !== self)
        .slice(0, most)
        .map(({ id, text, score }) => (
          <button
            key={id}
            type="button"
            class="anchor"
            data-item
            title={`Ask about ${text ?? id}`}
            onClick={() => askAboutAnchor(id)}
          >
            <Picture collection={name} id={id} caption={text} captioned />
            <span class="cap">{text ?? id}</span>
            <span class="contrib">{score.toFixed(3)}</span>
          </button>
        ))}
    </div>
  </section>
);
