import { useState } from "preact/hooks";
import { keyWanted, signIn } from "./service.ts";
import { Problem } from "./ui/problem.tsx";

/** Asks for an API key, which becomes a session's cookie; the page keeps no key. */
export const KeyForm = () => {
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>(null);
  return (
    <form
      class="card narrow"
      onSubmit={(event) => {
        event.preventDefault();
        setError(null);
        void signIn(key.trim()).catch(setError);
      }}
    >
      <h1>This service asks for a key</h1>
      <p class="muted">
        {keyWanted.value === "wrong"
          ? "The service does not know this key. It may have been revoked, or have expired."
          : "Give it the value of its API_KEY, or a key that was made for you. You stay signed in for twelve hours."}
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
      <Problem error={error} />
      <div class="buttons">
        <button type="submit" disabled={key.trim() === ""}>
          Go on
        </button>
      </div>
    </form>
  );
};
