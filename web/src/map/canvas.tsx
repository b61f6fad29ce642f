import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ProjectionFile, ProjectionPlaceBody } from "../../../src/features/client.ts";
import { chosen, shelfAddress, toggleChosen } from "../anchors/state.ts";
import { navigate } from "../route.ts";
import {
  fitCamera,
  panBy,
  toPlace,
  toScreen,
  writeCamera,
  zoomAt,
  type Camera,
  type Point,
} from "./camera.ts";
import type { Colouring } from "./colours.ts";
import { HoverCard } from "./hover-card.tsx";
import { Overlay } from "./overlay.tsx";
import { createPicker } from "./pick.ts";
import { MARKS } from "./plot.ts";
import { changeMap, mapView, tool } from "./state.ts";
import { useDrag } from "./use-drag.ts";
import { usePlot } from "./use-plot.ts";

/** How near the pointer has to be to a point, in pixels. */
const REACH = 10;
const KEY_PAN = 48;
const ZOOM = 1.4;
/** How long the map rests before the address tells what is shown. */
const SETTLES_MS = 300;

const written = (camera: Camera | null): string => (camera === null ? "" : writeCamera(camera));

interface Props {
  readonly name: string;
  readonly projection: ProjectionFile;
  readonly colouring: Colouring;
  readonly marks: Uint8Array;
  readonly query: ProjectionPlaceBody | undefined;
  readonly onMissing: () => void;
}

/** The points, which are moved, picked and chosen by pointer and by keys. */
export const MapCanvas = ({ name, projection, colouring, marks, query, onMissing }: Props) => {
  const { places, ids } = projection;
  const canvas = useRef<HTMLCanvasElement>(null);
  const camera = useSignal<Camera | null>(mapView.value.camera);
  const [hovered, setHovered] = useState(-1);
  const [byKeys, setByKeys] = useState(false);
  const { codes } = colouring;
  const plot = usePlot(canvas, { places, codes, marks });
  const { size, missing } = plot;
  const shown = useRef(marks);
  shown.current = marks;
  const picker = useMemo(
    () => createPicker(places, (point) => shown.current[point] !== MARKS.hidden),
    [places],
  );
  const whole = useMemo(() => fitCamera(places, size), [places, size]);

  useEffect(() => {
    if (missing) onMissing();
  }, [missing]);
  // Another layout has other places, so that what was looked at is not there any more.
  const layout = `${projection.method} ${projection.side}`;
  const known = useRef(layout);
  useEffect(() => {
    if (known.current !== layout) camera.value = null;
    known.current = layout;
  }, [layout]);
  const now = camera.value ?? whole;
  useEffect(() => {
    if (size.width > 0) plot.draw(now, now.scale / whole.scale);
  }, [now, whole, size]);
  // Back and forward go to what was shown.
  const { camera: told } = mapView.value;
  useEffect(() => {
    if (written(told) !== written(camera.value)) camera.value = told;
  }, [written(told)]);
  useEffect(() => {
    const kept = camera.value;
    const timer = setTimeout(() => changeMap({ camera: kept }, { replace: true }), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [camera.value]);

  const pick = (at: Point, reach: number): number =>
    picker.nearest(toPlace(now, size, at), reach / now.scale);
  const choose = (points: readonly number[], add: boolean): void => {
    chosen.value = new Set([...(add ? chosen.value : []), ...points.map((point) => ids[point] ?? "")]);
  };
  // Several events may come before the next render, each from where the one before it left the map.
  const zoom = (at: Point, factor: number): void => {
    camera.value = zoomAt(camera.value ?? whole, size, at, factor, whole.scale);
  };
  const pan = (by: Point): void => {
    camera.value = panBy(camera.value ?? whole, by);
  };
  const middle: Point = [size.width / 2, size.height / 2];
  const drag = useDrag({
    tool: tool.value,
    onPan: pan,
    onZoom: zoom,
    onHover: (at) => {
      setByKeys(false);
      setHovered(at === null ? -1 : pick(at, REACH));
    },
    onClick: (at) => {
      const point = pick(at, REACH);
      if (point >= 0) toggleChosen(ids[point] ?? "");
    },
    onSelect: (line, add) => {
      const corners = line.map((corner) => toPlace(now, size, corner));
      const [a = [0, 0], b = a] = corners;
      choose(tool.value === "box" ? picker.inBox(a, b) : picker.inLasso(corners), add);
    },
  });

  const press = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => pan([KEY_PAN, 0]),
      ArrowRight: () => pan([-KEY_PAN, 0]),
      ArrowUp: () => pan([0, KEY_PAN]),
      ArrowDown: () => pan([0, -KEY_PAN]),
      "+": () => zoom(middle, ZOOM),
      "-": () => zoom(middle, 1 / ZOOM),
      "0": () => (camera.value = null),
      " ": () => hovered >= 0 && toggleChosen(ids[hovered] ?? ""),
      Enter: () => hovered >= 0 && navigate(shelfAddress(name, { open: ids[hovered] ?? "" })),
      Escape: () => {
        drag.cancel();
        chosen.value = new Set();
      },
    };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    setByKeys(true);
    move();
  };
  // By keys the point nearest to the middle takes the place of the one under the pointer.
  useEffect(() => {
    if (byKeys) setHovered(pick(middle, Math.max(...middle)));
  }, [byKeys, now, size]);

  const at = (point: number): Point => [places[2 * point] ?? NaN, places[2 * point + 1] ?? NaN];
  return (
    <div class="map-stage">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label="Map of the anchors. Arrow keys move it, plus and minus zoom, space chooses the anchor in the middle, Enter opens it."
        class={tool.value === "pan" ? "" : "drawing"}
        onKeyDown={press}
        onBlur={() => setByKeys(false)}
        onDblClick={(event) => zoom([event.offsetX, event.offsetY], ZOOM * ZOOM)}
        onWheel={(event) => {
          event.preventDefault();
          zoom([event.offsetX, event.offsetY], Math.exp(-event.deltaY / 400));
        }}
        {...drag.handlers}
      />
      <Overlay
        size={size}
        line={drag.line}
        closed={tool.value === "box"}
        crosshair={byKeys}
        ring={hovered < 0 ? null : toScreen(now, size, at(hovered))}
        place={query?.x == null || query.y === null ? null : toScreen(now, size, [query.x, query.y])}
        near={(query?.neighbours ?? []).map(({ x, y }) => toScreen(now, size, [x, y]))}
      />
      {hovered >= 0 && (
        <HoverCard name={name} id={ids[hovered] ?? ""} at={toScreen(now, size, at(hovered))} size={size} />
      )}
      <div class="map-zoom">
        <button type="button" class="plain" aria-label="Nearer" onClick={() => zoom(middle, ZOOM)}>
          +
        </button>
        <button type="button" class="plain" aria-label="Farther" onClick={() => zoom(middle, 1 / ZOOM)}>
          −
        </button>
        <button type="button" class="plain" onClick={() => (camera.value = null)}>
          All
        </button>
      </div>
    </div>
  );
};
