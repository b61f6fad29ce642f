import { count, when } from "../format.ts";
import { useLoad } from "../load.ts";
import { client, collections, jobs } from "../service.ts";
import { JobProgress } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";

const SHOWN = 30;

/** Jobs, the state of each collection's indexes, and the encoders that are there. */
export const ServiceScreen = () => {
  const encoders = useLoad((signal) => client.value.listEncoders({ signal }), "encoders");
  const known = collections.value ?? [];
  return (
    <div class="service">
      <div class="title">
        <h1>Service</h1>
        <p class="muted">
          Figures for Prometheus are at <code>/metrics</code>, the API's description at{" "}
          <a href="/docs">/docs</a>.
        </p>
      </div>
      <Jobs />
      <h2>Collections</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" class="number">
                Anchors
              </th>
              <th scope="col" class="number">
                Sequence
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
            {known.map(({ name, anchorCount, sequence, method, indexes, createdAt }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{count(anchorCount)}</td>
                <td class="number">{count(sequence)}</td>
                <td>{method}</td>
                <td>
                  {indexes.image.kind}, {count(indexes.image.vectors)} × {indexes.image.dimension}
                </td>
                <td>
                  {indexes.text.kind}, {count(indexes.text.vectors)} × {indexes.text.dimension}
                </td>
                <td class="number">{count(indexes.image.tombstones)}</td>
                <td>{when(createdAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2>Encoders</h2>
      <Problem error={encoders.error} />
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Encoder</th>
              <th scope="col">Of</th>
              <th scope="col" class="number">
                Dimension
              </th>
              <th scope="col">Licence</th>
              <th scope="col">Weights</th>
              <th scope="col">Default</th>
            </tr>
          </thead>
          <tbody>
            {encoders.value?.map(({ id, modality, dimension, licence, sha256, ...encoder }) => (
              <tr key={id}>
                <th scope="row">{id}</th>
                <td>{modality}s</td>
                <td class="number">{count(dimension)}</td>
                <td>{licence}</td>
                <td>
                  <code title={sha256}>{sha256.slice(0, 12)}</code>
                </td>
                <td>{encoder.default ? "yes" : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
};

const Jobs = () => {
  return (
    <section aria-label="Jobs">
      <h2>Jobs</h2>
      {jobs.value.length === 0 && <p class="muted">No job has run yet.</p>}
      {jobs.value.length > 0 && (
        <div class="scroll">
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
};
