import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { theme } from "../theme.ts";
import type { Camera, Size } from "./camera.ts";
import { paletteOf } from "./colours.ts";
import { openPlot, type Plot } from "./plot.ts";

const DRAWN = "map drawn";

/** What a plot shows. */
export interface PlotContent {
  readonly places: Float32Array;
  readonly codes: Uint8Array;
  readonly marks: Uint8Array;
}

interface DrawnPlot {
  readonly size: Size;
  /** Whether the browser has no WebGL2. */
  readonly missing: boolean;
  /** Draws in the next frame; several calls before it draw once. */
  readonly draw: (camera: Camera, closeness: number) => void;
}

/** A plot on a canvas that follows its content, the theme, and the size of its box. */
export const usePlot = (
  canvas: RefObject<HTMLCanvasElement | null>,
  { places, codes, marks }: PlotContent,
): DrawnPlot => {
  const plot = useRef<Plot | null>(null);
  const frame = useRef(0);
  const frames = useRef(0);
  const last = useRef<readonly [Camera, number] | null>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [missing, setMissing] = useState(false);
  /** Grows when the graphics are there anew, with nothing in them. */
  const [opened, setOpened] = useState(0);

  const show = (): void => {
    if (frame.current !== 0) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      const { current: element } = canvas;
      if (last.current === null || element === null || plot.current === null) return;
      const [camera, closeness] = last.current;
      const { clientWidth: width, clientHeight: height } = element;
      if (width === 0 || height === 0) return;
      plot.current.draw(camera, { width, height }, closeness, devicePixelRatio);
      // The last frame and its number, for who measures the map; older marks would only fill memory.
      performance.clearMarks(DRAWN);
      performance.mark(DRAWN, { detail: ++frames.current });
    });
  };

  useEffect(() => {
    const { current: element } = canvas;
    if (element === null) return;
    const open = (): void => {
      plot.current = openPlot(element);
      setMissing(plot.current === null);
      setOpened((times) => times + 1);
    };
    // Without this the browser does not give the graphics back.
    const keep = (event: Event): void => event.preventDefault();
    open();
    const measured = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
      show();
    });
    measured.observe(element);
    element.addEventListener("webglcontextlost", keep);
    element.addEventListener("webglcontextrestored", open);
    return () => {
      cancelAnimationFrame(frame.current);
      measured.disconnect();
      element.removeEventListener("webglcontextlost", keep);
      element.removeEventListener("webglcontextrestored", open);
      plot.current?.close();
      plot.current = null;
    };
  }, []);

  useEffect(() => {
    plot.current?.setPlaces(places);
    show();
  }, [places, opened]);
  useEffect(() => {
    plot.current?.setCodes(codes);
    show();
  }, [codes, opened]);
  useEffect(() => {
    plot.current?.setMarks(marks);
    show();
  }, [marks, opened]);
  useEffect(() => {
    plot.current?.setPalette(paletteOf(theme.value));
    show();
  }, [theme.value, opened]);

  return {
    size,
    missing,
    draw: (camera, closeness) => {
      last.current = [camera, closeness];
      show();
    },
  };
};
