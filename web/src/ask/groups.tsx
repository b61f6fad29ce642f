import { counted, percent, signed } from "../format.ts";
import type { AnsweredClass } from "./answer.ts";
import { groupName } from "./question.ts";
import { question, toggleGroup } from "./state.ts";

/** Groups that get a colour of their own; the rest share one. */
const COLOURS = 6;

interface Sum {
  readonly group: unknown;
  readonly anchors: number;
  readonly value: number;
}

/** Contributions added up by a metadata key: a bar of its values, and a legend that takes a whole group away. */
export const Groups = ({ entry, versus }: { readonly entry: AnsweredClass; readonly versus: boolean }) => {
  const { by, withoutGroups } = question.value;
  const sums: readonly Sum[] = versus
    ? (entry.against?.groups ?? []).map(({ group, anchors, difference }) => ({
        group,
        anchors,
        value: difference,
      }))
    : (entry.groups ?? []).map(({ group, anchors, contribution }) => ({
        group,
        anchors,
        value: contribution,
      }));
  const taken = withoutGroups.filter((name) => name.startsWith(`${by}=`));
  if (by === "" || (sums.length === 0 && taken.length === 0)) return null;
  const whole = sums.reduce((sum, { value }) => sum + Math.abs(value), 0);
  return (
    <div class="groups">
      <div class="stack" aria-hidden="true">
        {sums.map(({ group, value }, i) => (
          <i
            key={groupName(by, group)}
            class={`g${Math.min(i, COLOURS)}`}
            style={{ width: `${whole === 0 ? 0 : (Math.abs(value) / whole) * 100}%` }}
          />
        ))}
      </div>
      <div class="legend">
        {sums.map(({ group, anchors, value }, i) => {
          const name = groupName(by, group);
          return (
            <button
              key={name}
              type="button"
              class="key"
              title={`${counted(anchors, "anchor")}; click to see the answer without them`}
              onClick={() => toggleGroup(name)}
            >
              <i class={`g${Math.min(i, COLOURS)}`} aria-hidden="true" />
              {labelOf(group)}{" "}
              <span class="muted">
                {versus ? signed(value) : percent(whole === 0 ? 0 : Math.abs(value) / whole)}
              </span>
            </button>
          );
        })}
        {taken.map((name) => (
          <button key={name} type="button" class="key off" onClick={() => toggleGroup(name)}>
            {name.slice(by.length + 1).replaceAll('"', "")} <span class="muted">put back</span>
          </button>
        ))}
      </div>
    </div>
  );
};

const labelOf = (group: unknown): string =>
  group === null ? "none" : typeof group === "string" ? group : JSON.stringify(group);
