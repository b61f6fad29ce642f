import { useState } from "preact/hooks";
import { signed } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import type { AnsweredClass } from "./answer.ts";
import { Groups } from "./groups.tsx";
import type { Subject } from "./question.ts";
import { change, question, toggleAnchor } from "./state.ts";
import { partsOf, type Shown } from "./parts.ts";

/** Two rows on most screens, so that the classes below stay in sight. */
const FEW = 12;

interface Props {
  readonly name: string;
  readonly entry: AnsweredClass;
  /** The same class before anchors were taken away; null where none are. */
  readonly before: AnsweredClass | null;
  readonly method: string;
  readonly about: Subject;
}

/** The anchors that a class has its score from, each with what it adds; a click takes one away. */
export const Why = ({ name, entry, before, method }: Props) => {
  const [contrast, setContrast] = useState(false);
  const [more, setMore] = useState(false);
  const other = entry.against ?? null;
  if (entry.explanation === undefined)
    return (
      <p class="why small muted">
        Scores of {method} do not add up over anchors.{" "}
        <button type="button" class="link" onClick={() => change({ method: "asif" })}>
          Ask by asif
        </button>{" "}
        to see which decide.
      </p>
    );
  const versus = contrast && other !== null;
  const all = partsOf(entry, before, question.value.without, versus);
  const parts = more ? all : all.slice(0, FEW);
  const most = Math.max(...parts.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  return (
    <div class="why">
      <div class="why-head small muted">
        <span>
          {parts.length === 0
            ? `No anchor is near both this picture and “${entry.name}”.`
            : versus
              ? `For “${entry.name}” (+) or for “${other.name}” (−), anchor by anchor: ${signed(other.difference)} in all.`
              : `Each adds to ${entry.score.toFixed(3)}. Click one to see the answer without it.`}
        </span>
        <span class="grow" />
        <GroupBy name={name} />
        {other !== null && (
          <span class="switch" role="group" aria-label="What the anchors are weighed for">
            <button type="button" aria-pressed={!contrast} onClick={() => setContrast(false)}>
              for {entry.name}
            </button>
            <button type="button" aria-pressed={contrast} onClick={() => setContrast(true)}>
              against {other.name}
            </button>
          </span>
        )}
      </div>
      <Groups entry={entry} versus={versus} />
      <div class="strip" data-grid>
        {parts.map((part) => (
          <AnchorButton key={part.id} name={name} part={part} most={most} />
        ))}
      </div>
      {all.length > FEW && (
        <button type="button" class="link small more" onClick={() => setMore(!more)}>
          {more ? "Show fewer" : `Show ${all.length - FEW} more`}
        </button>
      )}
    </div>
  );
};

const AnchorButton = ({
  name,
  part: { id, caption, hasImage, value, taken },
  most,
}: {
  readonly name: string;
  readonly part: Shown;
  readonly most: number;
}) => (
  <button
    type="button"
    class={`anchor${taken ? " off" : ""}`}
    data-item
    title={`${caption ?? id}\n${id}`}
    aria-pressed={taken}
    onClick={() => toggleAnchor(id)}
    onKeyDown={(event) => {
      if (event.key === "x") toggleAnchor(id);
    }}
  >
    <Picture collection={name} id={id} caption={caption} hasImage={hasImage} captioned />
    <span class="cap">{caption ?? id}</span>
    <span class={`contrib${value < 0 ? " neg" : ""}`}>
      <i style={{ width: `${Math.max(2, (Math.abs(value) / most) * 36)}px` }} />
      {signed(value)}
    </span>
    <span class="act">{taken ? "put back" : "without"}</span>
  </button>
);

/** Chooses the metadata key that contributions are added up by. */
const GroupBy = ({ name }: { readonly name: string }) => {
  const { value } = useLoad((signal) => collectionClient(name).facets({ limit: 1 }, { signal }), name);
  const keys = value?.facets.filter(({ distinct }) => distinct > 1) ?? [];
  if (keys.length === 0) return null;
  return (
    <label>
      by{" "}
      <select value={question.value.by} onChange={(event) => change({ by: event.currentTarget.value })}>
        <option value="">anchor</option>
        {keys.map(({ key }) => (
          <option key={key} value={key}>
            {key}
          </option>
        ))}
      </select>
    </label>
  );
};
