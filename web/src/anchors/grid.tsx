import { useEffect, useRef, useState } from "preact/hooks";
import { Picture } from "../ui/picture.tsx";
import { chosen, change, shelf, toggleChosen } from "./state.ts";
import { windowOf } from "./window.ts";

/** An anchor in the grid. */
export interface Item {
  readonly id: string;
  readonly text: string | null;
  readonly hasImage?: boolean;
  /** How near it is to what was looked for. */
  readonly score?: number;
}

const WIDTH = 112;
const GAP = 8;
/** Of the caption, the number and the borders below a picture. */
const BELOW = 38;

interface Props {
  readonly name: string;
  readonly items: readonly Item[];
  /** Called when the end of what is there comes near. */
  readonly onEnd?: () => void;
}

/** Pictures of one height, of which only those near the screen are in the document. */
export const Grid = ({ name, items, onEnd }: Props) => {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800, width: 800 });
  useEffect(() => {
    const measure = (): void => {
      const { current: element } = box;
      if (element === null) return;
      const { top, width } = element.getBoundingClientRect();
      setView({ top: -top, height: innerHeight, width });
    };
    measure();
    const resized = new ResizeObserver(measure);
    if (box.current !== null) resized.observe(box.current);
    addEventListener("scroll", measure, { passive: true });
    return () => {
      resized.disconnect();
      removeEventListener("scroll", measure);
    };
  }, []);

  const columns = Math.max(2, Math.floor((view.width + GAP) / (WIDTH + GAP)));
  const cell = (view.width + GAP) / columns - GAP;
  const rowHeight = cell + BELOW + GAP;
  const rows = Math.ceil(items.length / columns);
  const { first, last } = windowOf(view, rowHeight, rows);
  const nearEnd = last >= rows - 2;
  useEffect(() => {
    if (nearEnd) onEnd?.();
  }, [nearEnd, items.length]);

  const shown = items.slice(first * columns, last * columns);
  return (
    <div ref={box} class="grid-space" style={{ height: `${rows * rowHeight}px` }}>
      <ul
        class="grid"
        data-grid
        style={{
          transform: `translateY(${first * rowHeight}px)`,
          gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
          gridAutoRows: `${rowHeight - GAP}px`,
        }}
      >
        {shown.map((item) => (
          <Cell key={item.id} name={name} item={item} />
        ))}
      </ul>
    </div>
  );
};

const Cell = ({
  name,
  item: { id, text, hasImage, score },
}: {
  readonly name: string;
  readonly item: Item;
}) => {
  const isChosen = chosen.value.has(id);
  const isOpen = shelf.value.open === id;
  return (
    <li class={`cell${isChosen ? " chosen" : ""}${isOpen ? " open" : ""}`}>
      <button
        type="button"
        class="anchor"
        data-item
        title={`${text ?? id}\n${id}`}
        onClick={(event) =>
          event.shiftKey || event.ctrlKey || event.metaKey ? toggleChosen(id) : change({ open: id })
        }
        onKeyDown={(event) => {
          if (event.key !== " ") return;
          event.preventDefault();
          toggleChosen(id);
        }}
      >
        <Picture collection={name} id={id} caption={text} hasImage={hasImage} captioned />
        <span class="cap">{text ?? id}</span>
        <span class="contrib">{score === undefined ? id : score.toFixed(3)}</span>
      </button>
      <input
        type="checkbox"
        checked={isChosen}
        aria-label={`Choose ${text ?? id}`}
        onChange={() => toggleChosen(id)}
      />
    </li>
  );
};
