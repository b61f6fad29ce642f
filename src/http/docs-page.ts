import { html } from "hono/html";
import {
  descriptionOf,
  inline,
  paragraph,
  typeOf,
  type Html,
  type Schema,
  type Schemas,
} from "./docs-schema.ts";
import { renderForm, type FormField } from "./docs-form.ts";
import type { OpenApiDocument } from "./openapi.ts";
import { PROBLEM_KINDS } from "./problem.ts";

type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
type Operation = NonNullable<PathItem["get"]>;

interface Route {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: string;
  readonly operation: Operation;
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;
const LOCAL = "http://localhost:8080";
/** Answers that any operation can give are told once. */
const ANYWHERE = new Set(["401", "500"]);

/** The OpenAPI document as one page. Its script only sends the forms. */
export const renderDocs = (document: OpenApiDocument): Html => {
  const routes = routesOf(document);
  const schemas = document.components?.schemas ?? {};
  const groups = (document.tags ?? []).map((tag) => ({
    ...tag,
    routes: routes.filter(({ operation }) => operation.tags?.includes(tag.name)),
  }));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title} API</title>
        <link rel="stylesheet" href="/docs/style.css" />
        <script src="/docs/script.js" defer></script>
      </head>
      <body>
        <nav>
          <a href="#top"><strong>${document.info.title}</strong></a>
          ${groups.map(
            ({ name, routes }) =>
              html`<h2>${name}</h2>
                <ul>
                  ${routes.map(
                    ({ method, operation }) =>
                      html`<li>
                        <a href="#${operation.operationId}"
                          ><span class="method ${method}">${method.toUpperCase()}</span
                          >${operation.operationId}</a
                        >
                      </li>`,
                  )}
                </ul>`,
          )}
          <h2>Reference</h2>
          <ul>
            <li><a href="#schemas">Schemas</a></li>
            <li><a href="#problems">Problems</a></li>
            <li><a href="/openapi.json">openapi.json</a></li>
          </ul>
        </nav>
        <main id="top">
          <h1>${document.info.title} API, version ${document.info.version}</h1>
          ${paragraph(document.info.description)}
          ${paragraph(
            "Where an API key is configured, send it as `Authorization: Bearer <key>`, or the answer is 401; operations " +
              "marked open need none. A defect of the service answers 500.",
          )}
          <label class="key" hidden
            ><span>API key for what is sent from here, where one is required</span>
            <input id="api-key" type="password" autocomplete="off"
          /></label>
          ${groups.map(
            ({ name, description, routes }) =>
              html`<h2>${name}</h2>
                ${paragraph(description)} ${routes.map((route) => renderRoute(route, schemas))}`,
          )}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(schemas).map(
            ([name, schema]) =>
              html`<article id="schema-${name}">
                <h3>${name}</h3>
                ${renderSchema(schema)}
              </article>`,
          )}
          <h2 id="problems">Problems</h2>
          <table>
            ${PROBLEM_KINDS.map(
              ({ code, status, title }) =>
                html`<tr id="problem-${code}">
                  <td><code>${code}</code></td>
                  <td>${status} ${title}</td>
                </tr>`,
            )}
          </table>
        </main>
      </body>
    </html>`;
};

const routesOf = (document: OpenApiDocument): Route[] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );

const renderRoute = (route: Route, schemas: Schemas): Html => {
  const { method, path, operation } = route;
  return html`<article id="${operation.operationId}">
    <h3>
      <span class="method ${method}">${method.toUpperCase()}</span><span class="path">${path}</span> ${
        operation.security?.length === 0 ? html`<span class="soft">open</span>` : ""
      }
    </h3>
    ${paragraph(operation.summary)} ${paragraph(operation.description)}
    ${table("Parameters", parameterRows(operation))} ${table("Body", bodyRows(operation))}
    ${table("Answers", answerRows(operation))}
    <h4>Try</h4>
    <pre>${curl(route, schemas)}</pre>
    ${renderForm(route, fieldsOf(route), exampleBody(operation, schemas))}
  </article>`;
};

const fieldsOf = ({ operation }: Route): FormField[] =>
  (operation.parameters ?? []).flatMap((parameter): FormField[] => {
    if ("$ref" in parameter || (parameter.in !== "path" && parameter.in !== "query")) return [];
    const { name, required = false } = parameter;
    const value = parameter.in === "path" ? exampleOf(name, operation) : "";
    return [{ in: parameter.in, name, required, value }];
  });

const table = (title: string, rows: readonly (readonly [string, Html | string])[]): Html | string =>
  rows.length === 0
    ? ""
    : html`<h4>${title}</h4>
        <table>
          ${rows.map(
            ([name, text]) =>
              html`<tr>
                <td><code>${name}</code></td>
                <td>${text}</td>
              </tr>`,
          )}
        </table>`;

const parameterRows = ({ parameters = [] }: Operation): [string, Html | string][] =>
  parameters.flatMap((parameter) =>
    "$ref" in parameter
      ? []
      : [
          [
            parameter.name,
            html`${parameter.in === "path" ? "" : "in the query, optional."}
            ${inline(parameter.description ?? "")}`,
          ],
        ],
  );

const bodyRows = ({ requestBody }: Operation): [string, Html | string][] =>
  requestBody === undefined || "$ref" in requestBody
    ? []
    : Object.entries(requestBody.content).map(([type, { schema }]) => [
        type,
        schema === undefined ? "" : typeOf(schema),
      ]);

const answerRows = ({ responses = {} }: Operation): [string, Html | string][] =>
  Object.entries(
    responses as Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>,
  )
    .filter(([status]) => !ANYWHERE.has(status))
    .map(([status, { description, content = {} }]) => [
      status,
      html`${inline(description)}
      ${Object.values(content).map(({ schema }) => (schema === undefined ? "" : html` ${typeOf(schema)}`))}`,
    ]);

const renderSchema = (schema: Schema): Html => {
  if ("$ref" in schema) return html`${typeOf(schema)}`;
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]): [string, Html] => [
    required.has(name) ? name : `${name}?`,
    html`${typeOf(property)} ${descriptionOf(property)}`,
  ]);
  return html`${paragraph(schema.description)}
  ${rows.length === 0 ? html`<p>${typeOf(schema)}</p>` : table("Fields", rows)}
  ${
    schema.example === undefined
      ? ""
      : html`<h4>Example</h4>
          <pre>${JSON.stringify(schema.example, null, 2)}</pre>`
  }`;
};

const exampleBody = ({ requestBody }: Operation, schemas: Schemas): unknown => {
  if (requestBody === undefined || "$ref" in requestBody) return undefined;
  const schema = requestBody.content["application/json"]?.schema;
  const named =
    schema !== undefined && "$ref" in schema ? schemas[schema.$ref.split("/").at(-1) ?? ""] : schema;
  return named === undefined || "$ref" in named ? undefined : (named.example as unknown);
};

/** The value of a part of the path in examples. */
const exampleOf = (name: string, { tags }: Operation): string =>
  name === "collection" ? (tags?.includes("queries") ? "emoji" : "birds") : "a1";

/** Changes to the collection that the examples make, queries to the one that the service brings. */
const curl = ({ method, path, operation }: Route, schemas: Schemas): string => {
  const body = exampleBody(operation, schemas);
  const url = `${LOCAL}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => exampleOf(name, operation))}`;
  const verb = method === "get" ? "" : ` -X ${method.toUpperCase()}`;
  return body === undefined
    ? `curl${verb} ${url}`
    : `curl${verb} ${url} \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(body)}'`;
};
