import type { ProjectionFile, ProjectionValues } from "../../../src/features/client.ts";
import { chosen, shelfAddress } from "../anchors/state.ts";
import { count } from "../format.ts";
import { formatRoute } from "../route.ts";
import type { Colouring } from "./colours.ts";
import type { ColourBy } from "./state.ts";

const LISTED = 100;

interface Props {
  readonly name: string;
  readonly projection: ProjectionFile;
  readonly by: ColourBy;
  readonly colouring: Colouring;
  readonly values: ProjectionValues | null;
}

/** What the colours of the map say, in words and numbers, with the same choice of anchors. */
export const MapTable = ({ name, projection: { ids }, by, colouring, values }: Props) => {
  if (colouring.range !== null && values?.numbers != null)
    return <Lowest name={name} ids={ids} numbers={values.numbers} by={by} />;
  if (colouring.legend.length === 0)
    return (
      <p class="muted">All {count(ids.length)} points have one colour. Choose what colours stand for.</p>
    );
  const choose = (colour: number): void => {
    chosen.value = new Set(ids.filter((_, point) => colouring.codes[point] === colour));
  };
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{"key" in by ? by.key : "Value"}</th>
            <th scope="col" class="number">
              Anchors
            </th>
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {colouring.legend.map(({ id, label, colour, anchors }) => (
            <tr key={id}>
              <th scope="row">{label}</th>
              <td class="number">{count(anchors)}</td>
              <td>
                <button
                  type="button"
                  class="link"
                  aria-label={`Choose ${label}`}
                  onClick={() => choose(colour)}
                >
                  Choose
                </button>
                {"key" in by && id !== "other" && id !== "none" && (
                  <>
                    {" · "}
                    <a href={formatRoute("anchors", { c: name, where: `${by.key}=${id}` })}>See in Anchors</a>
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

interface LowestProps {
  readonly name: string;
  readonly ids: readonly string[];
  readonly numbers: Float32Array;
  readonly by: ColourBy;
}

/** Anchors by their numbers: those that agree the least come first, those with the most influence too. */
const Lowest = ({ name, ids, numbers, by }: LowestProps) => {
  const sign = by.kind === "influence" ? -1 : 1;
  const ranked = [...numbers.keys()]
    .filter((point) => !Number.isNaN(numbers[point]))
    .sort((a, b) => sign * ((numbers[a] ?? 0) - (numbers[b] ?? 0)))
    .slice(0, LISTED);
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Anchor</th>
            <th scope="col" class="number">
              {by.kind === "agreement" ? "Agreement" : by.kind === "influence" ? "Mean change" : "Value"}
            </th>
          </tr>
        </thead>
        <tbody>
          {ranked.map((point) => (
            <tr key={ids[point]}>
              <th scope="row">
                <a href={shelfAddress(name, { open: ids[point] ?? "" })}>{ids[point]}</a>
              </th>
              <td class="number">{numbers[point]?.toPrecision(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
