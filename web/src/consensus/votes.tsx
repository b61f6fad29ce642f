import type { Vote } from "./request.ts";

interface Props {
  readonly caption: string;
  readonly scorers: readonly string[];
  readonly votes: readonly Vote[];
}

const shown = (value: number | null): string => (value === null ? "–" : value.toFixed(2));

/** Proposals and what each scorer says of them; each scorer's own first stands out. */
export const Votes = ({ caption, scorers, votes }: Props) => {
  const firsts = scorers.map((_, at) => Math.max(...votes.map(({ scores }) => scores[at] ?? -Infinity)));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="small muted">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Proposal</th>
            <th scope="col" class="number">
              Together
            </th>
            {scorers.map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {votes.map(({ id, text, value, scores }) => (
            <tr key={id}>
              <th scope="row">{text}</th>
              <td class="number">
                <b>{shown(value)}</b>
              </td>
              {scorers.map((name, at) => {
                const score = scores[at] ?? null;
                const first = score !== null && votes.length > 1 && score === firsts[at];
                return (
                  <td key={name} class={`number${first ? " first" : ""}`}>
                    {shown(score)}
                    {first && <span class="sr">, its first</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
