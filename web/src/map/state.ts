import { computed, signal } from "@preact/signals";
import { formatRoute, navigate, route } from "../route.ts";
import { current } from "../service.ts";
import type { ChosenImage } from "../ui/drop.ts";
import { readCamera, writeCamera, type Camera } from "./camera.ts";

/** What a drag on the map does. */
export type Tool = "pan" | "lasso" | "box";

/** What the points are coloured by. */
export type ColourBy =
  | { readonly kind: "automatic" | "nothing" | "agreement" }
  | { readonly kind: "key" | "influence"; readonly key: string };

/** What the address says of the map. */
export interface MapView {
  readonly side: "image" | "text";
  /** The best that there is where it is empty. */
  readonly method: "" | "pca" | "umap";
  readonly by: ColourBy;
  /** Entries of the legend that are not shown. */
  readonly hidden: readonly string[];
  /** A text, or an anchor, whose place is shown. */
  readonly text: string;
  readonly like: string;
  readonly camera: Camera | null;
  /** Whether a table stands in the place of the points. */
  readonly table: boolean;
}

const KINDS = ["automatic", "nothing", "agreement", "key", "influence"] as const;

/** Reads a colouring as the address has it, such as `key:owner`. */
export const readBy = (text: string): ColourBy => {
  const [name = "", ...rest] = text.split(":");
  const kind = KINDS.find((each) => each === name) ?? "automatic";
  const key = rest.join(":");
  if (kind !== "key" && kind !== "influence") return { kind };
  return key === "" ? { kind: "automatic" } : { kind, key };
};

export const writeBy = (by: ColourBy): string =>
  "key" in by ? `${by.kind}:${by.key}` : by.kind === "automatic" ? "" : by.kind;

export const readMapView = (params: URLSearchParams): MapView => {
  const method = params.get("method");
  return {
    side: params.get("side") === "text" ? "text" : "image",
    method: method === "pca" || method === "umap" ? method : "",
    by: readBy(params.get("by") ?? ""),
    hidden: params.getAll("hide"),
    text: params.get("text") ?? "",
    like: params.get("like") ?? "",
    camera: readCamera(params.get("at") ?? ""),
    table: params.get("show") === "table",
  };
};

export const writeMapView = (view: MapView): Record<string, string | readonly string[]> => ({
  side: view.side === "text" ? "text" : "",
  method: view.method,
  by: writeBy(view.by),
  hide: view.hidden,
  text: view.text,
  like: view.like,
  at: view.camera === null ? "" : writeCamera(view.camera),
  show: view.table ? "table" : "",
});

export const mapView = computed<MapView>(() => readMapView(route.value.params));

export const changeMap = (changes: Partial<MapView>, options: { readonly replace?: boolean } = {}): void =>
  navigate(
    formatRoute("map", { c: current.value?.name ?? "", ...writeMapView({ ...mapView.value, ...changes }) }),
    options,
  );

export const tool = signal<Tool>("pan");
/** An image whose place is shown; it is in no address. */
export const placedImage = signal<ChosenImage | null>(null);
