import { useState } from "preact/hooks";
import { giveKey, keyWanted } from "./service.ts";

/** Asks for the service's API key, which this page keeps in memory until it is closed. */
export const KeyForm = () => {
  const [key, setKey] = useState("");
  return (
    <form
      class="card narrow"
      onSubmit={(event) => {
        event.preventDefault();
        if (key !== "") giveKey(key.trim());
      }}
    >
      <h1>This service asks for a key</h1>
      <p class="muted">
        {keyWanted.value === "wrong"
          ? "The service does not know this key. It is the value of its API_KEY."
          : "It is the value of the service's API_KEY. This page keeps it in memory until it is closed."}
      </p>
      <label class="field">
        <span>API key</span>
        <input
          type="password"
          autocomplete="off"
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
          autofocus
        />
      </label>
      <div class="buttons">
        <button type="submit" disabled={key.trim() === ""}>
          Go on
        </button>
      </div>
    </form>
  );
};
