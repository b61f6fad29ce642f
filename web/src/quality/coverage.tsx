import { useState } from "preact/hooks";
import type { CoverageAnswerBody } from "../../../src/features/client.ts";
import { count, percent } from "../format.ts";
import { formatRoute } from "../route.ts";
import { collectionClient } from "../service.ts";
import { Problem } from "../ui/problem.tsx";

const MOST_CLASSES = 60;

/** How well anchors support each class of a list, with what to add. */
export const Coverage = ({
  name,
  suggested,
}: {
  readonly name: string;
  readonly suggested: readonly string[];
}) => {
  const [typed, setTyped] = useState(suggested.slice(0, MOST_CLASSES).join(", "));
  const [answer, setAnswer] = useState<CoverageAnswerBody | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  const classes = [...new Set(typed.split(/[,\n]/).map((each) => each.trim()))].filter((each) => each !== "");
  const measure = async (): Promise<void> => {
    setAsking(true);
    try {
      setAnswer(await collectionClient(name).coverage({ classes: classes.map((each) => ({ name: each })) }));
      setError(null);
    } catch (failed) {
      setError(failed);
    }
    setAsking(false);
  };
  return (
    <section class="card" aria-labelledby="coverage-title">
      <h2 id="coverage-title">Which classes stand on thin support?</h2>
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          void measure();
        }}
      >
        <input
          class="wide-input"
          aria-label="Classes, with commas between"
          placeholder="sun, moon, tree"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" disabled={asking || classes.length === 0}>
          {asking
            ? "Looking…"
            : `Look at ${count(classes.length)} ${classes.length === 1 ? "class" : "classes"}`}
        </button>
      </form>
      <Problem error={error} />
      {answer !== null && <Rows name={name} answer={answer} />}
    </section>
  );
};

const Rows = ({ name, answer }: { readonly name: string; readonly answer: CoverageAnswerBody }) => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Support of each class">
    <table>
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col" class="number">
            Risk
          </th>
          <th scope="col" class="number">
            Anchors it amounts to
          </th>
          <th scope="col">Nearest caption</th>
          <th scope="col">What would help</th>
        </tr>
      </thead>
      <tbody>
        {[...answer.classes]
          .sort((a, b) => b.risk - a.risk)
          .map(({ name: each, risk, effectiveAnchors, nearest, advice }) => (
            <tr key={each}>
              <th scope="row">{each}</th>
              <td class="number">{percent(risk)}</td>
              <td class="number">{effectiveAnchors.toFixed(1)}</td>
              <td>
                {nearest[0] !== undefined && (
                  <a href={formatRoute("anchors", { c: name, open: nearest[0].anchor })}>
                    {nearest[0].text ?? nearest[0].anchor}
                  </a>
                )}
              </td>
              <td>
                {advice.length === 0
                  ? "nothing to add"
                  : advice.map(({ message }) => (
                      <p key={message} class="advice">
                        {message}
                      </p>
                    ))}
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  </div>
);
