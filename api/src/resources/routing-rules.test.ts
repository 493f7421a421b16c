import { putEntity } from "@waybill/runtime";
import type { Entity } from "@waybill/schemas";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await put("a", provider("own"));
  await put("b", provider("theirs"));
  await put("platform", provider("shared"));
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const { id } of await rules())
    await world.as("a", { method: "DELETE", url: `${RULES}/${id}` });
});

const RULES = "/api/v1/routing-rules";
const ORDER = `${RULES}/order`;
type Rule = { id: string; name: string; position: number };
type Problem = { code: string; version: number; errors: { field: string; rule: string }[] };

const provider = (id: string): Entity => ({
  kind: "provider",
  type: "sandbox",
  id,
  name: id,
  concurrency: 1,
});

async function put(tenant: string, entity: Entity): Promise<void> {
  const change = { time: new Date().toISOString(), actor: "test", reason: "test" };
  const { kind, id } = entity;
  const { nats, directory } = world.deps;
  await directory.reached(await putEntity(nats, { tenant, kind, id, entity, ...change }));
}

const by = (...providers: string[]) => ({ type: "providers", providers });
const make = (payload: object, tenant = "a") =>
  world.as(tenant, { method: "POST", url: RULES, payload });
const made = async (payload: object) => jsonOf<Rule>(await make(payload), 201);
const rules = async () => jsonOf<{ items: Rule[] }>(await world.get("a", RULES)).items;
const order = async () => jsonOf<{ ids: string[] }>(await world.get("a", ORDER)).ids;
const setOrder = (ids: string[], headers = {}) =>
  world.as("a", { method: "PUT", url: ORDER, payload: { ids }, headers });

const makeThree = async () => {
  const ids = [];
  for (const name of ["1", "2", "3"]) ids.push((await made({ name, then: by("own") })).id);
  return ids as [string, string, string];
};

const explain = (payload: object, tenant = "a") =>
  world.as(tenant, { method: "POST", url: "/api/v1/routing/explain", payload });

const change = (payload: object) =>
  world.as("a", { method: "PATCH", url: "/api/v1/tenants/a", payload });

describe("a routing rule", () => {
  it("is kept as it was given, at the end of the order", async () => {
    const when = { senderDomains: ["x.test"], headers: [{ name: "X-Kind", equals: "invoice" }] };
    const first = await made({ name: "Invoices", when, then: by("own", "shared") });
    expect(first).toEqual({
      id: first.id,
      name: "Invoices",
      position: 0,
      when,
      then: by("own", "shared"),
    });
    const second = await made({ then: { type: "sandbox" }, lastResort: true });
    expect(second).toMatchObject({ position: 1, lastResort: true });
    expect(jsonOf(await world.get("a", `${RULES}/${first.id}`))).toEqual(first);
    expect((await world.get("b", `${RULES}/${first.id}`)).statusCode).toBe(404);
  });

  it("changes by a merge patch: conditions go as a whole, or with null", async () => {
    const { id } = await made({ name: "n", when: { tags: ["x"], minSize: 1 }, then: by("own") });
    const patch = async (payload: object) =>
      jsonOf(await world.as("a", { method: "PATCH", url: `${RULES}/${id}`, payload }));
    expect(await patch({ when: { tags: ["y"] } })).toMatchObject({ when: { tags: ["y"] } });
    expect(await patch({ when: null, name: null })).toEqual({ id, position: 0, then: by("own") });
  });

  it.each([
    [{}, ["then"]],
    [{ then: by() }, ["then.providers"]],
    [{ then: { type: "forward", to: "x" } }, ["then.type"]],
    [{ then: { type: "redirect", to: "a b@x.test" } }, ["then.to"]],
    [{ then: { type: "redirect", to: "a@x.test>\r\nDATA" } }, ["then.to"]],
    [{ then: { type: "reject", reason: "a\r\nb" } }, ["then.reason"]],
    [{ then: by("own"), when: { tags: ["a b"], colour: 1 } }, ["when.colour", "when.tags.0"]],
    [
      { then: by("own"), when: { headers: [{ name: "a:b", equals: "1" }] } },
      ["when.headers.0.name"],
    ],
    [{ then: by("own"), when: { headers: [{ name: "a" }] } }, ["when.headers.0"]],
    [{ then: by("own", "theirs") }, ["then.providers.1"]],
    [
      { then: by("gone"), when: { credentials: ["gone"], minSize: 2, maxSize: 1 } },
      ["then.providers.0", "when.credentials.0", "when.maxSize"],
    ],
    [
      {
        then: by("own"),
        when: { headers: Array.from({ length: 21 }, (_, n) => ({ name: `x-${n}`, equals: "1" })) },
      },
      ["when.headers"],
    ],
  ])("is refused, each field named: %j", async (payload, fields) => {
    const { code, errors } = jsonOf<Problem>(await make(payload), 422);
    expect(code).toBe("invalid_body");
    expect(errors.map(({ field }) => field).toSorted()).toEqual(fields);
  });

  it("cannot be changed to a provider of somebody else", async () => {
    const { id } = await made({ then: by("own") });
    const payload = { then: by("theirs") };
    const answer = await world.as("a", { method: "PATCH", url: `${RULES}/${id}`, payload });
    expect(jsonOf<Problem>(answer, 422).errors[0]?.field).toBe("then.providers.0");
  });
});

describe("the order of routing rules", () => {
  it("is that in which they were made, until it is set", async () => {
    const [one, two, third] = await makeThree();
    expect(await order()).toEqual([one, two, third]);
    jsonOf(await setOrder([third, one, two]));
    expect(await order()).toEqual([third, one, two]);
    const { id, position } = await made({ then: by("own") });
    expect([await order(), position]).toEqual([[third, one, two, id], 3]);
  });

  it("names every rule once", async () => {
    const [one, two, third] = await makeThree();
    const answer = await setOrder([one, two, two, "gone"]);
    expect(jsonOf<Problem>(answer, 422).errors).toEqual([
      { field: "ids.2", rule: "named twice" },
      { field: "ids.3", rule: "nothing has that id" },
      { field: "ids", rule: `missing: ${third}` },
    ]);
    expect(await order()).toEqual([one, two, third]);
  });

  it("is one of two that are set at a time, as a whole", async () => {
    const [one, two, third] = await makeThree();
    const { etag = "" } = (await world.get("a", ORDER)).headers;
    const wanted = [
      [third, two, one],
      [two, third, one],
    ];
    const answers = await Promise.all(wanted.map((ids) => setOrder(ids, { "if-match": etag })));
    const codes = answers.map(({ statusCode }) => statusCode);
    expect(codes).toEqual(expect.arrayContaining([200, 409]));
    expect(await order()).toEqual(wanted[codes.indexOf(200)]);
    const late = jsonOf<Problem>(await setOrder([one, two, third], { "if-match": etag }), 409);
    expect(`"${late.version}"`).toBe((await world.get("a", ORDER)).headers["etag"]);
  });
});

describe("the explanation of routing", () => {
  it("tells of each recipient who would carry it, whose that is, and why", async () => {
    const tagged = await made({ name: "News", when: { tags: ["news"] }, then: by("own") });
    const when = { recipientDomains: ["y.test"], headers: [{ name: "X-Kind", contains: "Voice" }] };
    const voiced = await made({ when, then: by("shared") });
    const payload = {
      from: "a@x.test",
      recipients: ["b@Y.test", "c@z.test"],
      headers: { "x-KIND": " Invoice ", "x-other": "no" },
    };
    expect(jsonOf(await explain(payload))).toEqual({
      items: [
        {
          recipient: "b@Y.test",
          allowed: true,
          action: "send",
          rule: voiced.id,
          why: `rule ${voiced.id}: recipientDomains, headers`,
          provider: { id: "shared", type: "sandbox" },
          owner: "platform",
          considered: [{ rule: tagged.id, failed: "tags" }],
        },
        {
          recipient: "c@z.test",
          allowed: true,
          action: "send",
          why: "the system-wide provider",
          provider: { id: "shared", type: "sandbox" },
          owner: "platform",
          considered: [
            { rule: tagged.id, failed: "tags" },
            { rule: voiced.id, failed: "recipientDomains" },
          ],
        },
      ],
    });
  });

  it("says when the tenant's default provider carries it, and when it may not go there", async () => {
    const refused = jsonOf<Problem>(await change({ defaultProvider: "theirs" }), 422);
    expect(refused.errors[0]?.field).toBe("defaultProvider");
    jsonOf(await change({ defaultProvider: "own", allowedRecipients: ["@y.test"] }));
    const payload = { from: "", recipients: ["b@y.test", "c@z.test"] };
    expect(jsonOf<{ items: object[] }>(await explain(payload)).items).toMatchObject([
      { allowed: true, why: "the tenant's default provider", provider: { id: "own" } },
      { allowed: false },
    ]);
    jsonOf(await change({ defaultProvider: null, allowedRecipients: null }));
  });

  it("of a credential for testing is the sandbox, and of one that is none an error", async () => {
    await put("a", { kind: "credential", id: "t", username: "t", hash: "h", test: true });
    await made({ then: by("own") });
    const payload = { from: "", recipients: ["b@y.test"], credential: "t" };
    expect(jsonOf<{ items: object[] }>(await explain(payload)).items).toMatchObject([
      { owner: "builtin", provider: { id: "sandbox" }, considered: [] },
    ]);
    const { errors } = jsonOf<Problem>(await explain(payload, "b"), 422);
    expect(errors[0]?.field).toBe("credential");
  });

  it.each([
    [{ recipients: ["b@y.test"] }, "from"],
    [{ from: "", recipients: [] }, "recipients"],
    [{ from: "", recipients: ["a"], tags: ["a b"] }, "tags.0"],
    [{ from: "", recipients: ["a"], size: -1 }, "size"],
  ])("of %j is refused", async (payload, field) => {
    expect(jsonOf<Problem>(await explain(payload), 422).errors[0]?.field).toBe(field);
  });
});
