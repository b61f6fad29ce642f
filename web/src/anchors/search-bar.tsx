import { useEffect, useState } from "preact/hooks";
import { imageOf } from "../../../src/client/index.ts";
import { readImage, useGivenFiles } from "../ui/drop.ts";
import { Problem } from "../ui/problem.tsx";
import { change, lookedFor, shelf, type Kind } from "./state.ts";

const KINDS: readonly (readonly [Kind, string])[] = [
  ["meaning", "by meaning"],
  ["words", "by words"],
];

/** One bar for a text, the words of captions, and an image that is dropped or pasted. */
export const SearchBar = () => {
  const { text, kind, like } = shelf.value;
  const [typed, setTyped] = useState(text);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => setTyped(text), [text]);

  const take = async (files: FileList | undefined): Promise<void> => {
    const file = files?.[0];
    if (file === undefined) return;
    try {
      lookedFor.value = await readImage(file, imageOf);
      change({ text: "", like: "" });
      setError(null);
    } catch (failed) {
      setError(failed);
    }
  };
  useGivenFiles(take);

  const search = (): void => {
    lookedFor.value = null;
    change({ text: typed.trim(), like: "" });
  };
  const image = lookedFor.value;
  return (
    <>
      <form
        class="tools"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search();
        }}
      >
        <input
          type="search"
          data-search
          aria-label="Search"
          placeholder={kind === "words" ? "Words of the caption" : "Describe a picture, or drop one here"}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onSearch={search}
        />
        <span class="switch" role="group" aria-label="How to search">
          {KINDS.map(([each, label]) => (
            <button
              key={each}
              type="button"
              aria-pressed={kind === each}
              onClick={() => change({ kind: each })}
            >
              {label}
            </button>
          ))}
        </span>
      </form>
      {(image !== null || like !== "") && (
        <p class="tray">
          {image !== null && <img class="query" src={image.address} alt="" />}
          <span>Nearest pictures to {image === null ? <code>{like}</code> : image.name}</span>
          <span class="grow" />
          <button
            type="button"
            class="plain"
            onClick={() => {
              lookedFor.value = null;
              change({ like: "" });
            }}
          >
            Show all again
          </button>
        </p>
      )}
      <Problem error={error} />
    </>
  );
};
