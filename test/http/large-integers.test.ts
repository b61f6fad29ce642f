import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { quoteLargeIntegers } from "../../src/http/json.ts";
import { createCollection, openTestApp } from "./support.ts";

test("metadata keeps whole numbers that a double cannot hold as texts, which filters find", async () => {
  const app = await openTestApp();
  onTestFinished(() => app.close());
  await createCollection(app, "posts");
  const put = `{"anchors":[
    {"id":"a","imageVector":[1,0,0],"textVector":[1,0],"metadata":{"post":1234567890123456789,"year":2020}},
    {"id":"b","imageVector":[1,0,0],"textVector":[1,0],"metadata":{"post":1234567890123456788,"year":2020}}]}`;
  const request = (path: string, method: string, body: string) =>
    app.app.request(`/v1/collections/posts/${path}`, {
      method,
      body,
      headers: { "content-type": "application/json" },
    });
  expect((await request("anchors", "PUT", put)).status).toBe(200);
  const stored = await app.call("GET", "/v1/collections/posts/anchors/a");
  expect(stored.body).toMatchObject({ metadata: { post: "1234567890123456789", year: 2020 } });
  const search = `{"query":{"vector":[1,0,0],"modality":"image"},"target":"image","filter":{"post":1234567890123456788}}`;
  expect(await (await request("search", "POST", search)).json()).toMatchObject({ hits: [{ id: "b" }] });
});

test("JSON without such numbers is parsed as before", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(quoteLargeIntegers(text)).toBe(text);
    }),
  );
});
