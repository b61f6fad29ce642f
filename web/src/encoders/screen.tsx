import type { EncoderListBody } from "../../../src/api/service.ts";
import { count } from "../format.ts";
import { useLoad } from "../load.ts";
import { client, collections, current } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import "./encoders.css";
import { Reencoding } from "./reencoding.tsx";
import { Selection } from "./selection.tsx";

type Encoders = EncoderListBody["encoders"];

/** The encoders that are installed, which would suit the collection, and the move to another one. */
export const EncodersScreen = () => {
  const collection = current.value;
  const { value, error } = useLoad((signal) => client.value.listEncoders({ signal }), "encoders");
  return (
    <div class="encoders">
      <div class="title">
        <h1>Encoders</h1>
        <p class="muted">
          Frozen networks that turn pictures and captions into vectors. None is trained here.
        </p>
      </div>
      <Problem error={error} />
      {value === undefined && error === null && <p class="muted">Reading the encoders…</p>}
      {collection !== null && <Selection key={`selection ${collection.name}`} collection={collection} />}
      {collection !== null && value !== undefined && (
        <Reencoding key={`move ${collection.name}`} collection={collection} encoders={value} />
      )}
      {value !== undefined && (
        <section class="card" aria-labelledby="installed-title">
          <h2 id="installed-title">What is installed</h2>
          <Installed encoders={value} />
        </section>
      )}
      <section class="card">
        <h2>Fetch one from a hub</h2>
        <p class="muted">
          This service fetches nothing by itself. Type this where it runs; each file is held against the hash
          that the hub lists, and the encoder is here after the next start:
        </p>
        <pre class="command">
          <code>npm run pull-encoder -- Xenova/all-MiniLM-L6-v2</code>
        </pre>
      </section>
    </div>
  );
};

/** The collections whose vectors an encoder made. */
const usersOf = (id: string): string =>
  (collections.value ?? [])
    .filter(({ encoders }) => encoders.image.id === id || encoders.text.id === id)
    .map(({ name }) => name)
    .join(", ");

const Installed = ({ encoders }: { readonly encoders: Encoders }) => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Installed encoders">
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
          <th scope="col">Used by</th>
        </tr>
      </thead>
      <tbody>
        {encoders.map(({ id, modality, dimension, licence, sha256, source, built, ...encoder }) => (
          <tr key={id}>
            <th scope="row" title={source}>
              {id}
              {!built && <span class="small muted"> made at its first use</span>}
            </th>
            <td>{modality}s</td>
            <td class="number">{count(dimension)}</td>
            <td>{licence}</td>
            <td>
              <code title={sha256}>{sha256.slice(0, 12)}</code>
            </td>
            <td>{encoder.default ? "yes" : ""}</td>
            <td>{usersOf(id)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
