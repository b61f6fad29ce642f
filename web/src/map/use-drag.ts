import { useRef, useState } from "preact/hooks";
import type { Point } from "./camera.ts";
import type { Tool } from "./state.ts";

/** A press that moves less than this is a click, in pixels. */
const CLICK = 4;
/** Corners of a lasso are at least so far from each other, in pixels. */
const STEP = 3;

interface DragTarget {
  readonly tool: Tool;
  readonly onPan: (by: Point) => void;
  readonly onZoom: (at: Point, factor: number) => void;
  readonly onHover: (at: Point | null) => void;
  readonly onClick: (at: Point) => void;
  /** The corners of the line or of the box, in pixels of the screen; `add` to what is chosen already. */
  readonly onSelect: (line: readonly Point[], add: boolean) => void;
}

interface Drag {
  /** What is being drawn: a line, or two corners of a box. */
  readonly line: readonly Point[];
  readonly handlers: {
    readonly onPointerDown: (event: PointerEvent) => void;
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerUp: (event: PointerEvent) => void;
    readonly onPointerCancel: () => void;
    readonly onPointerLeave: () => void;
  };
  readonly cancel: () => void;
}

const pointOf = (event: PointerEvent): Point => [event.offsetX, event.offsetY];
const apart = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(ax - bx, ay - by);

/** Turns pointers into pans, zooms by two fingers, clicks, lines and boxes. */
export const useDrag = ({ tool, onPan, onZoom, onHover, onClick, onSelect }: DragTarget): Drag => {
  const pointers = useRef(new Map<number, Point>());
  const first = useRef<Point | null>(null);
  const [line, setLine] = useState<readonly Point[]>([]);
  const cancel = (): void => {
    pointers.current.clear();
    first.current = null;
    setLine([]);
  };
  const pinch = (id: number, from: Point, to: Point): void => {
    const other = [...pointers.current].find(([each]) => each !== id)?.[1];
    if (other === undefined) return;
    onZoom(
      [(other[0] + to[0]) / 2, (other[1] + to[1]) / 2],
      apart(other, to) / Math.max(1, apart(other, from)),
    );
  };
  return {
    line,
    cancel,
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        const { currentTarget: target } = event;
        if (target instanceof Element) target.setPointerCapture(event.pointerId);
        const at = pointOf(event);
        pointers.current.set(event.pointerId, at);
        first.current = at;
        onHover(null);
        if (tool !== "pan") setLine([at]);
      },
      onPointerMove: (event) => {
        const at = pointOf(event);
        const before = pointers.current.get(event.pointerId);
        if (before === undefined) {
          onHover(at);
          return;
        }
        pointers.current.set(event.pointerId, at);
        if (pointers.current.size > 1) {
          setLine([]);
          pinch(event.pointerId, before, at);
        } else if (tool === "pan") onPan([at[0] - before[0], at[1] - before[1]]);
        else if (tool === "box") setLine(([corner = at]) => [corner, at]);
        else
          setLine((drawn) => {
            const end = drawn.at(-1);
            return end !== undefined && apart(end, at) < STEP ? drawn : [...drawn, at];
          });
      },
      onPointerUp: (event) => {
        const at = pointOf(event);
        const from = first.current;
        const only = pointers.current.size === 1;
        pointers.current.delete(event.pointerId);
        if (from !== null && only) {
          const moved = line.some((corner) => apart(corner, from) >= CLICK) || apart(from, at) >= CLICK;
          if (!moved) onClick(at);
          else if (tool !== "pan") onSelect(line, event.shiftKey || event.ctrlKey || event.metaKey);
        }
        if (pointers.current.size === 0) cancel();
      },
      onPointerCancel: cancel,
      onPointerLeave: () => onHover(null),
    },
  };
};
