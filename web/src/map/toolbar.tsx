import type { ProjectionFile } from "../../../src/features/client.ts";
import { changeMap, mapView, placedImage, readBy, tool, writeBy, type ColourBy, type Tool } from "./state.ts";

const SIDES = [
  ["image", "by pictures"],
  ["text", "by captions"],
] as const;
const METHODS = [
  ["umap", "UMAP"],
  ["pca", "PCA"],
] as const;
const TOOLS: readonly (readonly [Tool, string])[] = [
  ["pan", "Move"],
  ["lasso", "Lasso"],
  ["box", "Box"],
];

interface Props {
  readonly projection: ProjectionFile;
  readonly by: ColourBy;
  readonly keys: readonly string[];
}

/** How the map is made, coloured and drawn on, and a search for a place on it. */
export const MapToolbar = ({ projection, by, keys }: Props) => {
  const { text, like, table } = mapView.value;
  const { method, side, layers } = projection;
  const search = (form: HTMLFormElement): void => {
    const typed = new FormData(form).get("text");
    placedImage.value = null;
    changeMap({ text: typeof typed === "string" ? typed.trim() : "", like: "" });
  };
  return (
    <div class="tools map-tools">
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search(event.currentTarget);
        }}
      >
        <input
          key={text}
          type="search"
          name="text"
          data-search
          aria-label="Where would this be?"
          placeholder="Where would this be? A text, or drop a picture"
          defaultValue={text}
          onSearch={(event) => {
            const { form } = event.currentTarget;
            if (form !== null) search(form);
          }}
        />
      </form>
      {(text !== "" || like !== "" || placedImage.value !== null) && (
        <button
          type="button"
          class="link"
          onClick={() => {
            placedImage.value = null;
            changeMap({ text: "", like: "" });
          }}
        >
          no query
        </button>
      )}
      <Switch label="Places" options={SIDES} value={side} onChange={(next) => changeMap({ side: next })} />
      <Switch
        label="Method"
        options={METHODS.filter(([each]) => layers.includes(`${each}/${side}`))}
        value={method}
        onChange={(next) => changeMap({ method: next })}
      />
      <label class="pick">
        <span class="muted">Colour</span>{" "}
        <select
          value={writeBy(by)}
          onChange={(event) => changeMap({ by: readBy(event.currentTarget.value), hidden: [] })}
        >
          <option value="nothing">one colour</option>
          {layers.includes("agreement") && <option value="agreement">agreement of image and text</option>}
          {keys.map((key) => (
            <option key={key} value={`key:${key}`}>
              {key}
            </option>
          ))}
          {keys.slice(0, 1).map((key) => (
            <option key={`influence ${key}`} value={`influence:${key}`}>
              influence on {key}
            </option>
          ))}
        </select>
      </label>
      {!table && (
        <Switch label="Drag" options={TOOLS} value={tool.value} onChange={(next) => (tool.value = next)} />
      )}
    </div>
  );
};

interface SwitchProps<Value extends string> {
  readonly label: string;
  readonly options: readonly (readonly [Value, string])[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

const Switch = <Value extends string>({ label, options, value, onChange }: SwitchProps<Value>) => (
  <span class="switch" role="group" aria-label={label}>
    {options.map(([each, title]) => (
      <button key={each} type="button" aria-pressed={each === value} onClick={() => onChange(each)}>
        {title}
      </button>
    ))}
  </span>
);
