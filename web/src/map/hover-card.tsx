import { useEffect, useState } from "preact/hooks";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import type { Point, Size } from "./camera.ts";

/** How long a pointer rests on a point before its anchor is read. */
const RESTS_MS = 60;
const [WIDTH, HEIGHT, GAP] = [176, 210, 14];

interface Props {
  readonly name: string;
  readonly id: string;
  readonly at: Point;
  readonly size: Size;
}

/** Picture and caption of the anchor under the pointer, beside it and within the map. */
export const HoverCard = ({ name, id, at: [x, y], size }: Props) => {
  const [rested, setRested] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setRested(id), RESTS_MS);
    return () => clearTimeout(timer);
  }, [id]);
  const { value } = useLoad(
    (signal) => collectionClient(name).getAnchor(rested ?? "", { signal }),
    rested === null ? null : JSON.stringify([name, rested]),
  );
  if (value?.id !== id) return null;
  const left = x + GAP + WIDTH > size.width ? x - GAP - WIDTH : x + GAP;
  const top = Math.max(0, Math.min(y - HEIGHT / 2, size.height - HEIGHT));
  return (
    <div class="map-card" role="status" style={{ transform: `translate(${left}px, ${top}px)` }}>
      <Picture collection={name} id={id} caption={value.text} hasImage={value.hasImage} captioned />
      <b>{value.text ?? id}</b>
      <span class="muted small">{id}</span>
    </div>
  );
};
