import { count } from "../format.ts";
import { theme } from "../theme.ts";
import { cssColour, paletteOf, RAMP, RAMP_STEPS, type Colouring } from "./colours.ts";
import { changeMap, mapView } from "./state.ts";

const STOPS = 8;

const shorten = (value: number): string => String(Number(value.toPrecision(3)));

/** What the colours stand for; a click on a value hides its points, or shows them again. */
export const Legend = ({ colouring: { legend, range } }: { readonly colouring: Colouring }) => {
  const { hidden, table } = mapView.value;
  const palette = paletteOf(theme.value);
  const toggle = (id: string): void =>
    changeMap({ hidden: hidden.includes(id) ? hidden.filter((each) => each !== id) : [...hidden, id] });
  return (
    <div class="map-legend" role="group" aria-label="Legend">
      {range !== null && (
        <span class="ramp">
          <span>{shorten(range[0])}</span>
          <svg
            width="120"
            height="10"
            viewBox={`0 0 ${STOPS} 1`}
            preserveAspectRatio="none"
            aria-hidden="true"
          >
            {Array.from({ length: STOPS }, (_, i) => (
              <rect
                key={i}
                x={i}
                width="1.05"
                height="1"
                fill={cssColour(palette, RAMP + Math.round((i / (STOPS - 1)) * (RAMP_STEPS - 1)))}
              />
            ))}
          </svg>
          <span>{shorten(range[1])}</span>
        </span>
      )}
      {legend.map(({ id, label, colour, anchors }) => {
        const off = hidden.includes(id);
        return (
          <button
            key={id}
            type="button"
            class={`key${off ? " off" : ""}`}
            aria-pressed={!off}
            onClick={() => toggle(id)}
          >
            <svg width="8" height="8" aria-hidden="true">
              <circle cx="4" cy="4" r="4" fill={cssColour(palette, colour)} />
            </svg>{" "}
            {label} <span class="muted">{count(anchors)}</span>
          </button>
        );
      })}
      {hidden.length > 0 && (
        <button type="button" class="link small" onClick={() => changeMap({ hidden: [] })}>
          show all
        </button>
      )}
      <span class="grow" />
      <button type="button" class="link small" onClick={() => changeMap({ table: !table })}>
        {table ? "show as map" : "show as table"}
      </button>
    </div>
  );
};
