import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import { Hits } from "./nearest.tsx";

const LIMIT = 12;

/** What a text asks for: the pictures that it describes best, and the captions that are nearest to it. */
export const TextAnswer = ({ name, text }: { readonly name: string; readonly text: string }) => {
  const { value, error } = useLoad(
    async (signal) => {
      const collection = collectionClient(name);
      const [pictures, captions] = await Promise.all([
        collection.search({ query: { text }, target: "image", limit: LIMIT }, { signal }),
        collection.search({ query: { text }, target: "text", limit: LIMIT }, { signal }),
      ]);
      return { pictures, captions };
    },
    JSON.stringify([name, text]),
  );
  const [first] = value?.pictures.hits ?? [];
  return (
    <section class="card" aria-label="Answer">
      <div class="title">
        <h1>{value !== undefined && first === undefined ? "No picture is near this text" : `“${text}”`}</h1>
        <p class="muted" role="status">
          {value === undefined
            ? error === null && `Asking ${name}…`
            : "The pictures that it describes best. Choose one to ask about it with classes."}
        </p>
      </div>
      <Problem error={error} />
      {value !== undefined && (
        <div class="nearest">
          <Hits title="Pictures" name={name} answer={value.pictures} self="" most={LIMIT} />
          <Hits title="Nearest captions" name={name} answer={value.captions} self="" most={LIMIT} />
        </div>
      )}
    </section>
  );
};
