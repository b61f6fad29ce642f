import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fitCamera,
  panBy,
  readCamera,
  toPlace,
  toScreen,
  writeCamera,
  zoomAt,
  type Camera,
} from "../../web/src/map/camera.ts";
import {
  colourByNumbers,
  colourByValues,
  cssColour,
  NONE,
  OTHER,
  OWN_COLOURS,
  paletteOf,
  RAMP,
  RAMP_STEPS,
} from "../../web/src/map/colours.ts";
import { rankKeys, resolveBy } from "../../web/src/map/data.ts";
import { marksOf } from "../../web/src/map/marks.ts";
import { createPicker } from "../../web/src/map/pick.ts";
import { MARKS } from "../../web/src/map/plot.ts";
import { readMapView, writeMapView } from "../../web/src/map/state.ts";
import { formatRoute, parseRoute } from "../../web/src/route.ts";

const SIZE = { width: 800, height: 400 };
const coordinate = fc.double({ min: -1_000, max: 1_000, noNaN: true });

describe("the camera", () => {
  it("shows all places with room around them, whatever is not known", () => {
    const camera = fitCamera([0, 0, 10, 2, NaN, NaN], SIZE);
    expect(camera).toEqual({ x: 5, y: 1, scale: 73.6 });
    expect(fitCamera([], SIZE)).toEqual({ x: 0, y: 0, scale: 1 });
    expect(fitCamera([3, 4], SIZE)).toMatchObject({ x: 3, y: 4 });
  });

  it("finds the place under a point of the screen, and y grows upwards", () => {
    const camera = { x: 1, y: 2, scale: 10 };
    expect(toScreen(camera, SIZE, [2, 3])).toEqual([410, 190]);
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        const [backX, backY] = toPlace(camera, SIZE, toScreen(camera, SIZE, [x, y]));
        expect(backX).toBeCloseTo(x, 6);
        expect(backY).toBeCloseTo(y, 6);
      }),
    );
  });

  it("keeps the place under the pointer where it is when it zooms, and moves with a drag", () => {
    const camera = { x: 1, y: 2, scale: 10 };
    const [before, after] = [camera, zoomAt(camera, SIZE, [100, 50], 3, 10)].map((each) =>
      toPlace(each, SIZE, [100, 50]),
    );
    after?.forEach((value, i) => expect(value).toBeCloseTo(before?.[i] ?? NaN, 9));
    expect(panBy(camera, [20, 30])).toEqual({ x: -1, y: 5, scale: 10 });
    expect(zoomAt(camera, SIZE, [0, 0], 1e9, 10).scale).toBe(20_000);
    expect(zoomAt(camera, SIZE, [0, 0], 1e-9, 10).scale).toBe(2.5);
  });

  it("is written into the address and read from it", () => {
    const camera: Camera = { x: 1.234567891, y: -20, scale: 3 };
    expect(readCamera(writeCamera(camera))).toEqual({ x: 1.23457, y: -20, scale: 3 });
    for (const damaged of ["", "1,2", "1,2,0", "1,2,-3", "a,b,c", ",,"])
      expect(readCamera(damaged)).toBeNull();
  });
});

describe("the address of a map", () => {
  it("holds what is shown and gives it back", () => {
    const text = "side=text&method=pca&by=key%3Aa%3Ab&hide=%22x%22&hide=none&text=a+fox&at=1,2,3&show=table";
    const view = readMapView(new URLSearchParams(text));
    expect(view).toMatchObject({ side: "text", by: { kind: "key", key: "a:b" }, hidden: ['"x"', "none"] });
    expect(readMapView(parseRoute(formatRoute("map", writeMapView(view))).params)).toEqual(view);
  });

  it("that says nothing shows pictures, coloured by the key of few values that tells most", () => {
    const view = readMapView(new URLSearchParams("by=unknown&method=tsne"));
    expect(view).toMatchObject({ side: "image", method: "", by: { kind: "automatic" }, camera: null });
    const facets = [
      { key: "id", distinct: 90, anchors: 90 },
      { key: "same", distinct: 1, anchors: 90 },
      { key: "many", distinct: 60, anchors: 90 },
      { key: "two", distinct: 2, anchors: 90 },
      { key: "five", distinct: 5, anchors: 90 },
      { key: "rare", distinct: 3, anchors: 4 },
    ];
    expect(rankKeys(facets, 90)).toEqual(["five", "two", "rare", "many"]);
    expect(resolveBy(view.by, ["five"])).toEqual({ kind: "key", key: "five" });
    expect(resolveBy(view.by, [])).toEqual({ kind: "nothing" });
  });
});

describe("picking on the map", () => {
  const places = Float32Array.of(0, 0, 1, 0, 0, 1, 5, 5, NaN, NaN);

  it("finds the nearest point within reach that is shown", () => {
    const hidden = new Set<number>();
    const picker = createPicker(places, (point) => !hidden.has(point));
    expect(picker.nearest([0.9, 0.1], 0.5)).toBe(1);
    expect(picker.nearest([3, 3], 1)).toBe(-1);
    hidden.add(1);
    expect(picker.nearest([0.9, 0.1], 0.5)).toBe(-1);
    expect(picker.inBox([-1, -1], [6, 6])).toEqual([0, 2, 3]);
  });

  it("finds what a line is drawn around, not what is in its box alone", () => {
    const picker = createPicker(places, () => true);
    expect(
      picker.inLasso([
        [-1, -1],
        [6, -1],
        [-1, 6],
      ]),
    ).toEqual([0, 1, 2]);
    expect(
      picker.inLasso([
        [0, 0],
        [1, 1],
      ]),
    ).toEqual([]);
  });

  it("agrees with a test of every point", () => {
    // Exact in float32, so that both tests see the same points.
    const eighth = fc.integer({ min: -800, max: 800 }).map((value) => value / 8);
    const point = fc.tuple(eighth, eighth);
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 60 }),
        fc.array(point, { minLength: 3, maxLength: 8 }),
        (all, line) => {
          const rows = Float32Array.from(all.flat());
          const found = createPicker(rows, () => true).inLasso(line);
          // The even-odd rule, edge by edge.
          const crosses = (x: number, y: number): number =>
            line.filter(([toX, toY], i) => {
              const [fromX, fromY] = line.at(i - 1) ?? [0, 0];
              return toY > y !== fromY > y && x < ((fromX - toX) * (y - toY)) / (fromY - toY) + toX;
            }).length;
          const each = all.flatMap(([x, y], i) => (crosses(x, y) % 2 === 1 ? [i] : []));
          expect(found).toEqual(each);
        },
      ),
    );
  });

  it("marks what is chosen, what is hidden, and pales the others", () => {
    const legend = [{ id: '"a"', label: "a", colour: 0, anchors: 2 }];
    const rows = new Map([
      ["x", 0],
      ["y", 1],
      ["z", 2],
    ]);
    const codes = Uint8Array.of(0, 1, 1);
    expect([...marksOf({ codes, legend }, [], rows, new Set())]).toEqual([0, 0, 0]);
    expect([...marksOf({ codes, legend }, ['"a"'], rows, new Set(["z", "gone"]))]).toEqual([
      MARKS.hidden,
      MARKS.dimmed,
      MARKS.chosen,
    ]);
  });
});

describe("the colours of a map", () => {
  const values = (distinct: number) => ({
    sequence: 1,
    codes: Uint32Array.from({ length: distinct + 1 }, (_, i) => (i === distinct ? 0xffffffff : i)),
    values: Array.from({ length: distinct }, (_, i) => `v${i}`),
    counts: new Uint32Array(distinct).fill(1),
    numbers: null,
  });

  it("are one for each of the first values, one for the others, and one for none", () => {
    const { codes, legend, range } = colourByValues(values(10));
    expect([...codes]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, OTHER, OTHER, NONE]);
    expect(legend.slice(-2)).toEqual([
      { id: "other", label: "2 other values", colour: OTHER, anchors: 2 },
      { id: "none", label: "without it", colour: NONE, anchors: 1 },
    ]);
    expect([legend[0]?.id, legend.length, range]).toEqual(['"v0"', OWN_COLOURS + 2, null]);
  });

  it("are a ramp for many numbers, whose ends outliers do not take", () => {
    const numbers = Float32Array.from({ length: 1_000 }, (_, i) => (i === 999 ? 1e9 : i));
    const { codes, range } = colourByNumbers(numbers);
    expect([codes[0], codes[999]]).toEqual([RAMP, RAMP + RAMP_STEPS - 1]);
    expect(range?.[1]).toBeLessThan(1_000);
    const some = colourByNumbers(Float32Array.of(NaN, 3));
    expect([...some.codes]).toEqual([NONE, RAMP + RAMP_STEPS / 2]);
    expect(some.legend).toMatchObject([{ id: "none", anchors: 1 }]);
    expect(colourByNumbers(Float32Array.of(NaN)).range).toBeNull();
    expect(colourByValues({ ...values(20), numbers: new Float32Array(21) }).range).toEqual([0, 0]);
  });

  it("differ between values and between themes", () => {
    for (const theme of ["light", "dark"] as const) {
      const palette = paletteOf(theme);
      const own = Array.from({ length: OTHER + 1 }, (_, place) => cssColour(palette, place));
      expect(new Set(own).size).toBe(own.length);
    }
    expect(cssColour(paletteOf("light"), 0)).toBe("rgb(10 108 116)");
  });
});
