import { useEffect, useRef, useState } from "preact/hooks";
import { ForbiddenError } from "../../../src/client/index.ts";
import { bytes, count, duration, milliseconds } from "../format.ts";
import { client } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import { parseMetrics, routesOf, valueOf, type Sample } from "./metrics.ts";

const EVERY_MS = 5_000;
const ROUTES = 12;

interface Reading {
  readonly at: number;
  readonly samples: readonly Sample[];
}

/** Memory, load, and how often and how fast each route answers; read again while they are shown. */
export const Figures = () => {
  const [now, setNow] = useState<Reading | null>(null);
  const before = useRef<Reading | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const aborting = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      try {
        const samples = parseMetrics(await client.value.metrics({ signal: aborting.signal }));
        setNow((last) => {
          before.current = last;
          return { at: performance.now(), samples };
        });
        setError(null);
      } catch (failed) {
        if (!aborting.signal.aborted) setError(failed);
        if (failed instanceof ForbiddenError) return;
      }
      if (!aborting.signal.aborted) timer = setTimeout(() => void read(), EVERY_MS);
    };
    void read();
    return () => {
      aborting.abort();
      clearTimeout(timer);
    };
  }, []);
  return (
    <section aria-label="Figures">
      <h2>Rates and latencies</h2>
      <Problem error={error} />
      {now === null && error === null && <p class="muted">Reading the figures…</p>}
      {now !== null && <Shown now={now} before={before.current} />}
    </section>
  );
};

const Shown = ({ now, before }: { readonly now: Reading; readonly before: Reading | null }) => {
  const { samples } = now;
  const routes = routesOf(samples);
  const total = routes.reduce((sum, { requests }) => sum + requests, 0);
  const earlier =
    before === null ? null : routesOf(before.samples).reduce((sum, { requests }) => sum + requests, 0);
  const perSecond =
    before === null || earlier === null
      ? null
      : (1_000 * (total - earlier)) / Math.max(1, now.at - before.at);
  const started = valueOf(samples, "process_start_time_seconds");
  const facts: readonly (readonly [string, string | null])[] = [
    ["Up for", started === null ? null : duration(Date.now() / 1_000 - started)],
    ["Requests", `${count(total)}${perSecond === null ? "" : `, ${perSecond.toFixed(1)} a second now`}`],
    ["Memory of the process", shown(valueOf(samples, "process_resident_memory_bytes"), bytes)],
    [
      "Waited for the event loop, 99 %",
      shown(valueOf(samples, "nodejs_eventloop_lag_p99_seconds"), (value) => milliseconds(value * 1_000)),
    ],
    ["Postgres", valueOf(samples, "anchorage_store_up") === 0 ? "does not answer" : "answers"],
  ];
  return (
    <>
      <dl class="figures-list">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt class="small muted">{name}</dt>
            <dd>{value ?? "not known"}</dd>
          </div>
        ))}
      </dl>
      <div class="scroll" tabIndex={0} role="region" aria-label="Routes">
        <table>
          <thead>
            <tr>
              <th scope="col">Route</th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                Half within
              </th>
              <th scope="col" class="number">
                95 % within
              </th>
              <th scope="col" class="number">
                Failed
              </th>
            </tr>
          </thead>
          <tbody>
            {routes.slice(0, ROUTES).map(({ route, requests, median, slow, failed }) => (
              <tr key={route}>
                <th scope="row">
                  <code>{route}</code>
                </th>
                <td class="number">{count(requests)}</td>
                <td class="number">{median === null ? "over 60 s" : milliseconds(median)}</td>
                <td class="number">{slow === null ? "over 60 s" : milliseconds(slow)}</td>
                <td class="number">{count(failed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};

const shown = (value: number | null, format: (value: number) => string): string | null =>
  value === null ? null : format(value);
