import { condition, readConditions } from "../anchors/state.ts";
import { count } from "../format.ts";
import { useLoad } from "../load.ts";
import { formatRoute, navigate } from "../route.ts";
import { collectionClient } from "../service.ts";
import { Problem } from "../ui/problem.tsx";

const VALUES = 1_000;

/** Conditions on metadata, each chosen from the values that there are. */
export const Which = ({ name, where }: { readonly name: string; readonly where: readonly string[] }) => {
  const { value, error } = useLoad(
    (signal) => collectionClient(name).facets({ limit: VALUES }, { signal }),
    name,
  );
  const set = (next: readonly string[]): void => navigate(formatRoute("forget", { c: name, where: next }));
  const chosen = readConditions(where);
  if (error !== null) return <Problem error={error} />;
  if (value === undefined) return <p class="muted">Reading the fields…</p>;
  const facets = value.facets.filter(({ values }) => values.length > 0);
  if (facets.length === 0)
    return (
      <p class="muted">
        These anchors have no metadata to choose by. Choose them one by one in{" "}
        <a href={formatRoute("anchors", { c: name })}>Anchors</a>.
      </p>
    );
  return (
    <div class="which">
      {facets.map(({ key, values }) => (
        <label key={key} class="field">
          <span>{key}</span>
          <select
            value={chosen.get(key)?.[0] === undefined ? "" : condition(key, chosen.get(key)?.[0] ?? null)}
            onChange={(event) => {
              const others = where.filter((each) => !each.startsWith(`${key}=`));
              const { value: picked } = event.currentTarget;
              set(picked === "" ? others : [...others, picked]);
            }}
          >
            <option value="">any</option>
            {values.map(({ value: each, anchors }) => (
              <option key={String(each)} value={condition(key, each)}>
                {String(each)} ({count(anchors)})
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
};
