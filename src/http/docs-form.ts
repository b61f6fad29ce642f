import { html } from "hono/html";
import type { Html } from "./docs-schema.ts";

/** A value of the path or the query that a form asks for. */
export interface FormField {
  readonly in: "path" | "query";
  readonly name: string;
  readonly required: boolean;
  /** What the field holds at first. */
  readonly value: string;
}

/** The form of one operation on the page of docs; without a script it cannot be sent and is hidden. */
export const renderForm = (
  { method, path }: { readonly method: string; readonly path: string },
  fields: readonly FormField[],
  body: unknown,
): Html =>
  html`<details class="send" hidden>
    <summary>Send it from here</summary>
    <form data-method="${method.toUpperCase()}" data-path="${path}">
      ${fields.map(
        ({ in: place, name, required, value }) =>
          html`<label
            ><span>${name}${required ? "" : " (optional)"}</span>
            <input name="${place}:${name}" value="${value}" ${required ? "required" : ""} autocomplete="off"
          /></label>`,
      )}
      ${
        body === undefined
          ? ""
          : html`<label
              ><span>Body</span>
              <textarea name="body" rows="8" spellcheck="false">${JSON.stringify(body, null, 2)}</textarea>
            </label>`
      }
      <button>Send</button>
      <pre class="answer" aria-live="polite" hidden></pre>
    </form>
  </details>`;

/**
 * The script of `GET /docs`: it sends a form's request to this service and shows the answer as text. Deletions and
 * erasures are asked about first.
 */
export const DOCS_SCRIPT = `
const FINAL = /\\/(?:compact|erase|anchors\\/delete)$/;

const requestOf = (form) => {
  const data = new FormData(form);
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const [name, value] of data) {
    const [place, key] = name.split(/:(.*)/s);
    if (place === "path") path = path.replace("{" + key + "}", encodeURIComponent(value));
    else if (place === "query" && value !== "") query.set(key, value);
  }
  const method = form.dataset.method;
  const body = data.get("body");
  const key = document.getElementById("api-key").value.trim();
  const headers = { accept: "application/json, application/problem+json, */*" };
  if (body !== null) headers["content-type"] = "application/json";
  if (key !== "") headers.authorization = "Bearer " + key;
  const address = query.size === 0 ? path : path + "?" + query;
  return { address, init: body === null ? { method, headers } : { method, headers, body } };
};

const textOf = async (response) => {
  const type = response.headers.get("content-type") ?? "";
  const blob = await response.blob();
  if (/json/.test(type) && !/ndjson/.test(type)) {
    const text = await blob.text();
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
  if (/^text\\/|ndjson/.test(type)) return blob.text();
  return blob.size === 0 ? "" : blob.size + " bytes of " + type;
};

const send = async (form) => {
  const { address, init } = requestOf(form);
  const what = init.method + " " + address;
  if ((init.method === "DELETE" || FINAL.test(form.dataset.path)) && !confirm(what + " cannot be undone. Send it?")) return;
  const shown = form.querySelector(".answer");
  shown.hidden = false;
  shown.textContent = what + " ...";
  try {
    const response = await fetch(address, init);
    const id = response.headers.get("x-request-id");
    const hint = response.status === 401 ? "\\nGive a key at the top, or sign in on the page at /." : "";
    shown.textContent =
      what + "\\n" + response.status + " " + response.statusText + (id === null ? "" : "\\nX-Request-Id: " + id) + hint +
      "\\n\\n" + (await textOf(response));
  } catch (error) {
    shown.textContent = what + "\\nThe service does not answer: " + error.message;
  }
};

for (const hidden of document.querySelectorAll(".send, .key")) hidden.hidden = false;
for (const form of document.querySelectorAll("form[data-path]"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });
`;
