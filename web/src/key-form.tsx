import { useState } from "preact/hooks";
import { giveKey, keyWanted } from "./service.ts";

/** Asks for an API key, which becomes a cookie that scripts cannot read. */
export const KeyForm = () => {
  const [key, setKey] = useState("");
  return (
    <form
      class="card narrow"
      onSubmit={(event) => {
        event.preventDefault();
        if (key.trim() !== "") void giveKey(key.trim());
      }}
    >
      <h1>This service asks for a key</h1>
      <p class="muted">
        {keyWanted.value === "wrong"
          ? "The service does not know this key, or it is revoked or expired."
          : "It is the value of the service's API_KEY, or a key that its owner made for you. This browser stays signed in for twelve hours."}
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
