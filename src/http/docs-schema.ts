import { html } from "hono/html";
import type { OpenApiDocument } from "./openapi.ts";

export type Schemas = NonNullable<NonNullable<OpenApiDocument["components"]>["schemas"]>;
export type Schema = Schemas[string];
export type Html = ReturnType<typeof html>;

/** A schema in a few words. */
export const typeOf = (schema: Schema): Html => {
  if ("$ref" in schema) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined)
    return html`${alternatives.map((one, i) => html`${i === 0 ? "" : " or "}${typeOf(one)}`)}`;
  const [inherited] = schema.allOf ?? [];
  if (inherited !== undefined) return typeOf(inherited);
  if (schema.enum !== undefined)
    return html`${schema.enum.map((value) => JSON.stringify(value)).join(" or ")}`;
  if (schema.type === "array" && schema.items !== undefined) return html`list of ${typeOf(schema.items)}`;
  if (schema.type === "object" && schema.properties !== undefined)
    return html`{
    ${Object.entries(schema.properties).map(
      ([name, property], i) => html`${i === 0 ? "" : ", "}${name}: ${typeOf(property)}`,
    )}
    }`;
  return html`${[schema.type ?? "anything"].flat().join(" or ")}`;
};

export const descriptionOf = (schema: Schema): Html | string =>
  "$ref" in schema ? "" : inline(schema.description ?? "");

/** Text of ours with \`code\` in it. */
export const inline = (text: string): Html =>
  html`${text.split("`").map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`))}`;

export const paragraph = (text: string | undefined): Html | string =>
  text === undefined ? "" : html`<p>${inline(text)}</p>`;
