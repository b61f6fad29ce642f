import { when } from "../format.ts";
import { useLoad } from "../load.ts";
import { client, signOut } from "../service.ts";

/** Which key this browser is signed in with, and how to leave; nothing where the service requires no key. */
export const SignedIn = () => {
  const session = useLoad((signal) => client.value.getSession({ signal }), "who am I");
  const found = session.value;
  if (found === undefined || found.key === null) return null;
  return (
    <p class="muted">
      Signed in by the key {found.key} ({found.scope}
      {found.collections === null ? "" : `, ${found.collections.join(", ")}`})
      {found.expiresAt === null ? "" : ` until ${when(found.expiresAt)}`}.{" "}
      <button type="button" class="link" onClick={() => void signOut()}>
        Sign out
      </button>
    </p>
  );
};
