import { count, counted, percent } from "../format.ts";
import { formatRoute } from "../route.ts";
import { Problem } from "../ui/problem.tsx";
import { endOf, finalVotesOf } from "./request.ts";
import { run } from "./run.ts";
import { Votes } from "./votes.tsx";

/** The run: its winner and votes, and every round as it came. */
export const RunCard = ({ name }: { readonly name: string }) => {
  const shown = run.value;
  if (shown === null)
    return (
      <section class="card" aria-label="Run">
        <h1>Several scorers, one answer</h1>
        <p class="muted">
          Generators propose words for the picture, scorers judge them, the best survive, and the next round
          builds on them, until all agree or nothing better comes. Every round appears here as it ends.
        </p>
      </section>
    );
  const { scorers, rounds, state, answer, error } = shown;
  const last = rounds.at(-1);
  const winner = answer?.winner?.text ?? answer?.winner?.anchor ?? last?.votes[0]?.text;
  return (
    <section class="card answer" aria-label="Run">
      <div class="title">
        <h1>{winner ?? (state === "running" ? "Proposing…" : "Nothing was proposed")}</h1>
        <p class="muted" role="status">
          {state === "running" &&
            (rounds.length === 0 ? "The first round runs." : `Round ${rounds.length + 1} runs.`)}
          {state === "stopped" &&
            `Stopped by you after ${counted(rounds.length, "round")}; what survived is below.`}
          {answer !== null && endOf(answer)}
        </p>
      </div>
      <Problem error={error} />
      {answer !== null && (
        <>
          {answer.abstained && <p class="note">The scorers do not agree well enough to answer.</p>}
          <Votes
            caption="The first five, and every scorer's vote"
            scorers={scorers}
            votes={finalVotesOf(answer, scorers)}
          />
          <Agreement answer={answer} />
        </>
      )}
      {rounds
        .map((round) => (
          <details key={round.round} open={answer === null && round === last}>
            <summary>
              Round {round.round}: {count(round.proposed)} proposed, {counted(round.votes.length, "survivor")}
              {round.vetoed > 0 ? `, ${count(round.vetoed)} vetoed` : ""}
            </summary>
            <Votes caption={`Survivors of round ${round.round}`} scorers={scorers} votes={round.votes} />
          </details>
        ))
        .toReversed()}
      {answer?.failures.map(({ scorer, message }) => (
        <p key={scorer} class="small fault">
          {scorer} failed: {message}
        </p>
      ))}
      <p class="small muted foot">
        Scores are in deviations from what the scorer says of other anchors. Nothing is written.{" "}
        <a href={formatRoute("ask", { c: name })}>Ask with classes of your own</a>
      </p>
    </section>
  );
};

const Agreement = ({
  answer: { agreement, alone },
}: {
  readonly answer: NonNullable<NonNullable<typeof run.value>["answer"]>;
}) => {
  if (agreement === null) return null;
  return (
    <ul class="small">
      <li>{percent(agreement.agreement)} of the scorers have the winner first.</li>
      {agreement.margin !== null && <li>It leads the second by {agreement.margin.toFixed(2)}.</li>}
      {alone
        .filter(({ proposal }) => proposal !== null)
        .map(({ scorer, proposal }) => (
          <li key={scorer}>
            {scorer} alone would say “{proposal?.text ?? proposal?.anchor ?? proposal?.id}”.
          </li>
        ))}
    </ul>
  );
};
