import type { CollectionBody } from "../../../src/api/collections.ts";
import { bytes, count, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { client, collectionClient, collections, jobs, signOut } from "../service.ts";
import { JobProgress } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { Figures } from "./figures.tsx";
import "./service.css";

const SHOWN = 30;

/** Jobs, what each collection takes and answers by, rates and latencies, and versions. */
export const ServiceScreen = () => {
  const about = useLoad((signal) => client.value.about({ signal }), "about");
  return (
    <div class="service">
      <div class="title">
        <h1>Service</h1>
        <p class="muted">
          {about.value !== undefined && <>Version {about.value.version}. </>}
          Figures for Prometheus are at <code>/metrics</code>, the API's description at{" "}
          <a href="/docs">/docs</a>.
        </p>
      </div>
      <Session />
      <Jobs />
      <Collections />
      <Figures />
    </div>
  );
};

/** Whose key the page's requests are answered by; nothing where the service asks for none. */
const Session = () => {
  const { value } = useLoad((signal) => client.value.getSession({ signal }), "session");
  if (value === undefined || value.expiresAt === null) return null;
  return (
    <p class="tray">
      <span>
        Signed in{value.user === null ? "" : ` as ${value.user}`}, to {value.scope}
        {value.collections === null ? "" : ` ${value.collections.join(", ")}`}, until {when(value.expiresAt)}.
      </span>
      <span class="grow" />
      <button type="button" class="plain" onClick={() => void signOut()}>
        Sign out
      </button>
    </p>
  );
};

const Jobs = () => (
  <section aria-label="Jobs">
    <h2>Jobs</h2>
    {jobs.value.length === 0 && <p class="muted">No job has run yet.</p>}
    {jobs.value.length > 0 && (
      <div class="scroll" tabIndex={0} role="region" aria-label="List of jobs">
        <table>
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Of</th>
              <th scope="col">State</th>
              <th scope="col">Progress</th>
              <th scope="col">Began</th>
            </tr>
          </thead>
          <tbody>
            {jobs.value.slice(0, SHOWN).map((job) => (
              <tr key={job.id}>
                <th scope="row">{job.kind}</th>
                <td>{job.subject}</td>
                <td>
                  {job.state}
                  {job.error !== null && <p class="small fault">{job.error}</p>}
                </td>
                <td>
                  <JobProgress job={job} />
                </td>
                <td>{when(job.createdAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);

type Index = CollectionBody["indexes"]["image"];

/** Which index answers, and what there is beside it. */
export const indexText = ({ kind, vectors, dimension, transform, graph, partitions }: Index): string => {
  const whole = `${kind}, ${count(vectors)} × ${dimension}`;
  const through = typeof transform === "string" && transform !== "none" ? `, through ${transform}` : "";
  if (partitions !== null) {
    const { lists, state, progress } = partitions;
    return `${whole}${through}; ${state === "ready" ? `${count(lists)} lists ready` : `lists ${Math.round(100 * progress)} % built`}`;
  }
  if (graph === null) return whole + through;
  return `${whole}${through}; graph of ${count(graph.vectors)} ${graph.state === "ready" ? "ready" : "being built"}`;
};

const Collections = () => {
  const known = collections.value ?? [];
  const names = known.map(({ name, sequence }) => `${name} ${sequence}`).join();
  const sizes = useLoad(async (signal) => {
    const found = await Promise.all(
      known.map(async ({ name }) => [name, await collectionClient(name).size({ signal })] as const),
    );
    return new Map(found);
  }, names);
  return (
    <section aria-label="Collections">
      <h2>Collections</h2>
      <Problem error={sizes.error} />
      {known.length === 0 && <p class="muted">There is no collection yet.</p>}
      {known.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="List of collections">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" class="number">
                  Anchors
                </th>
                <th scope="col" class="number">
                  Memory of vectors
                </th>
                <th scope="col" class="number">
                  Disk: captions
                </th>
                <th scope="col" class="number">
                  vectors
                </th>
                <th scope="col" class="number">
                  pictures
                </th>
                <th scope="col">Method</th>
                <th scope="col">Picture index</th>
                <th scope="col">Caption index</th>
                <th scope="col" class="number">
                  Deleted, not yet erased
                </th>
                <th scope="col">Made</th>
              </tr>
            </thead>
            <tbody>
              {known.map(({ name, anchorCount, method, indexes, createdAt }) => {
                const size = sizes.value?.get(name);
                const shown = (value: number | undefined): string =>
                  value === undefined ? "…" : bytes(value);
                return (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td class="number">{count(anchorCount)}</td>
                    <td class="number">{shown(size?.memory.vectors)}</td>
                    <td class="number">{shown(size?.disk.anchors)}</td>
                    <td class="number">{shown(size?.disk.vectors)}</td>
                    <td class="number">{shown(size?.disk.images)}</td>
                    <td>{method}</td>
                    <td>{indexText(indexes.image)}</td>
                    <td>{indexText(indexes.text)}</td>
                    <td class="number">{count(indexes.image.tombstones)}</td>
                    <td>{when(createdAt)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};
