import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const PATH = "/api/v1/providers";
const SECRET = "s3cret-of-the-service";
const SAID = { name: "Theirs", secret: SECRET };

const TYPES = [
  { type: "sendgrid", own: {}, kept: { lane: "http" } },
  { type: "postmark", own: { lane: "smtp", messageStream: "broadcast" }, kept: {} },
  { type: "resend", own: { smtp: { host: "smtp.example.com", port: 465, tls: "implicit" } } },
  { type: "ses", own: { region: "eu-central-1", accessKeyId: "AKIA1", configurationSet: "c" } },
  { type: "mailgun", own: { domain: "mg.example.com" } },
  {
    type: "msgraph",
    own: { directory: "example.onmicrosoft.com", clientId: "1", mailbox: "a@example.com" },
    kept: { concurrency: 4 },
  },
];

const make = (payload: object) => world.as("a", { method: "POST", url: PATH, payload });
const change = (id: string, payload: object) =>
  world.as("a", { method: "PATCH", url: `${PATH}/${id}`, payload });
type View = { id: string };
type Fields = { errors: { field: string }[] };
const made = async (payload: object) => jsonOf<View>(await make(payload), 201);
const fieldsOf = (answer: Parameters<typeof jsonOf>[0]): string[] =>
  jsonOf<Fields>(answer, 422).errors.map(({ field }) => field);

function secretOf(id: string): string | undefined {
  const found = world.deps.directory.provider("a", id);
  return found && "sealedSecret" in found
    ? world.deps.vault.open("a", found.sealedSecret)
    : undefined;
}

describe.each(TYPES)("a provider of type $type", ({ type, own, kept = {} }) => {
  it("is kept with its secret sealed, and shown without", async () => {
    const view = await made({ type, ...SAID, ...own });
    expect(view).toMatchObject({ type, name: "Theirs", hasSecret: true, ...own, ...kept });
    expect(JSON.stringify(view)).not.toMatch(/s3cret|sealed/i);
    expect(secretOf(view.id)).toBe(SECRET);
    const state = await world.get("a", "/api/v1/state");
    expect(state.body).not.toMatch(/s3cret|sealedSecret/);
  });

  it("is changed field by field, its secret too", async () => {
    const { id } = await made({ type, ...SAID, ...own });
    const view = jsonOf(await change(id, { name: "Other" }));
    expect(view).toMatchObject({ name: "Other", ...own });
    expect(secretOf(id)).toBe(SECRET);
    jsonOf(await change(id, { secret: "another" }));
    expect(secretOf(id)).toBe("another");
  });

  it("sends its secret to no other place than it was given for", async () => {
    const { id } = await made({ type, ...SAID, ...own });
    const baseUrl = "https://api.example.net/base";
    expect(fieldsOf(await change(id, { baseUrl }))).toEqual(["secret"]);
    expect(jsonOf(await change(id, { baseUrl, secret: "x" }))).toMatchObject({ baseUrl });
  });

  it("has nothing of an SMTP server, and needs its own", async () => {
    const { id } = await made({ type, ...SAID, ...own });
    expect(fieldsOf(await change(id, { host: "mail.example.com", verify: true }))).toEqual([
      "host",
      "verify",
    ]);
    const wanting = fieldsOf(await make({ type }));
    expect(wanting).toEqual(expect.arrayContaining(["name", "secret"]));
  });
});

it.each([
  "ftp://api.example.com",
  "https://user@api.example.com",
  "https://api.example.com/",
  "https://api.example.com?x",
  "api.example.com",
])("%s is no base URL", async (baseUrl) => {
  expect(fieldsOf(await make({ type: "sendgrid", ...SAID, baseUrl }))).toEqual(["baseUrl"]);
});
