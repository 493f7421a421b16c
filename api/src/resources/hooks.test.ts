import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { put, startWorld, type World } from "../testing/world.ts";

const URL = "/api/v1/hooks";
const TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail";
const SECRET = `whsec_${randomBytes(32).toString("base64")}`;
type Hook = { id: string; url: string; secret?: string; hasSecret: boolean };

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const make = (payload: object) => world.as("a", { method: "POST", url: URL, payload });
const patch = (id: string, payload: object) =>
  world.as("a", { method: "PATCH", url: `${URL}/${id}`, payload });

it("has a URL that cannot be guessed, and a secret that is shown once", async () => {
  const made = jsonOf<Hook>(await make({ type: "generic", name: "Ours" }), 201);
  expect(made.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hooks\/generic\/[\w-]{32}$/);
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const read = await world.get("a", `${URL}/${made.id}`);
  expect(read.json()).toMatchObject({ name: "Ours", hasSecret: true, counts: { recorded: 0 } });
  const seen = [
    read.body,
    (await world.get("a", URL)).body,
    (await world.get("a", "/api/v1/state")).body,
  ];
  for (const text of seen) expect(text).not.toContain(made.secret?.slice("whsec_".length));
  expect(seen.join()).not.toContain("sealed");
});

it("says the URL as the world reaches it", async () => {
  world.deps.config.WAYBILL_PUBLIC_URL = "https://mail.example.com/";
  const { url, id } = jsonOf<Hook>(await make({ type: "ses", topicArn: TOPIC }), 201);
  expect(url).toBe(`https://mail.example.com/hooks/ses/${id}`);
});

it("keeps a secret that is given, and does not say it again", async () => {
  const made = jsonOf<Hook>(await make({ type: "resend", secret: SECRET }), 201);
  expect(made.secret).toBeUndefined();
  expect(made.hasSecret).toBe(true);
  expect(jsonOf(await patch(made.id, { name: "Resend" }))).toMatchObject({
    name: "Resend",
    hasSecret: true,
    hasPreviousSecret: false,
  });
});

it.each([
  [{ type: "sendgrid", publicKey: "not a key" }, "publicKey"],
  [{ type: "ses", topicArn: "arn:aws:sqs:eu-central-1:123456789012:mail" }, "topicArn"],
  [{ type: "mailgun", secret: "short" }, "secret"],
  [{ type: "postmark", secret: "short" }, "secret"],
  [{ type: "postmark", header: "Authorization" }, "header"],
  [{ type: "postmark", username: "a:b" }, "username"],
  [{ type: "resend", secret: "whsec_short" }, "secret"],
  [{ type: "generic", provider: "nobody" }, "provider"],
  [{ type: "generic", topicArn: TOPIC }, "topicArn"],
])("%j is refused, naming %s", async (payload, field) => {
  expect(jsonOf(await make(payload), 422)).toMatchObject({ errors: [{ field }] });
});

it("takes no field of another type, and no secret in another type's form", async () => {
  const { id } = jsonOf<Hook>(await make({ type: "resend", secret: SECRET }), 201);
  const wrong = { topicArn: TOPIC, secret: "sixteen letters, or more" };
  const errors = [{ field: "topicArn" }, { field: "secret" }];
  expect(jsonOf(await patch(id, wrong), 422)).toMatchObject({ errors });
});

it("holds the provider whose webhook it is", async () => {
  const sandbox = {
    kind: "provider",
    type: "sandbox",
    id: "box",
    name: "Box",
    concurrency: 1,
  } as const;
  await world.deps.directory.reached(await put(world.deps.nats, "a", sandbox));
  const remove = (url: string) => world.as("a", { method: "DELETE", url });
  expect(
    (await make({ type: "mailgun", secret: "k".repeat(32), provider: "box" })).statusCode,
  ).toBe(422);
  const { id } = jsonOf<Hook>(await make({ type: "generic", provider: "box" }), 201);
  expect((await remove("/api/v1/providers/box")).json()).toMatchObject({
    code: "in_use",
    detail: expect.stringContaining(id),
  });
  expect((await remove(`${URL}/${id}`)).statusCode).toBe(204);
  expect((await remove("/api/v1/providers/box")).statusCode).toBe(204);
});
