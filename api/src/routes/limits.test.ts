import { windowOf } from "@waybill/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

const NOW = new Date("2028-02-29T15:30:00.000Z");
const OWN = "/api/v1/limits";
const of = (tenant: string): string => `/api/v1/tenants/${tenant}/limits`;

type Use = { scope: string; subject: string; counts: string; window: string; used: number };
type Page = { limits: object; items: Use[]; nextCursor: string | null };
type Fields = { errors: { field: string }[] };

let world: World;
beforeAll(async () => {
  world = await startWorld({ now: () => NOW });
});
afterAll(() => world[Symbol.asyncDispose]());

const patch = (tenant: string, url: string, payload: object, headers = {}) =>
  world.as(tenant, { method: "PATCH", url, payload, headers });
const pageFor = async (tenant: string, url: string) => jsonOf<Page>(await world.get(tenant, url));

async function credential(payload: object): Promise<string> {
  const url = "/api/v1/smtp-credentials";
  const request = { method: "POST", url, payload: { name: "app", ...payload } } as const;
  return jsonOf<{ id: string }>(await world.as("a", request), 201).id;
}

describe("a tenant's limits", () => {
  it("are none until they are set", async () => {
    const answer = await world.get("b", OWN);
    expect(jsonOf(answer)).toEqual({ limits: {}, items: [], nextCursor: null });
    expect(answer.headers.etag).toBe('"0"');
  });

  it("are each told with what is used, what remains and when it begins again", async () => {
    const id = await credential({ limits: { hourly: 10 } });
    jsonOf(await patch("platform", of("a"), { monthly: 100, connections: 5, recipients: 50 }));
    jsonOf(await patch("a", OWN, { perCredential: { hourly: 3, daily: 20 } }));
    const { counters, seats } = world.deps;
    await counters.add("a", "tenant", windowOf("month", NOW), 101);
    await counters.add("a", `credential:${id}`, windowOf("hour", NOW), 4);
    expect([await seats.enter("a", 5), await seats.enter("a", 5)]).toEqual([true, true]);
    const tenant = { scope: "tenant", subject: "a" };
    const atOnce = { window: null, used: null, remaining: null, resetsAt: null };
    const ofCredential = { scope: "credential", subject: id, name: "app", counts: "messages" };
    const hour = { window: "hour", limit: 10, used: 4, remaining: 6 };
    const day = { window: "day", limit: 20, used: 0, remaining: 20 };
    const month = { counts: "messages", window: "month", limit: 100, used: 101, remaining: 0 };
    expect(await pageFor("a", OWN)).toEqual({
      limits: {
        monthly: 100,
        connections: 5,
        recipients: 50,
        perCredential: { hourly: 3, daily: 20 },
      },
      items: [
        { ...tenant, counts: "connections", limit: 5, ...atOnce, used: 2, remaining: 3 },
        { ...tenant, ...month, resetsAt: "2028-03-01T00:00:00.000Z" },
        { ...tenant, counts: "recipients", limit: 50, ...atOnce },
        { ...ofCredential, ...day, resetsAt: "2028-03-01T00:00:00.000Z" },
        { ...ofCredential, ...hour, resetsAt: "2028-02-29T16:00:00.000Z" },
      ],
      nextCursor: null,
    });
    expect(await pageFor("platform", of("a"))).toEqual(await pageFor("a", OWN));
    expect(await pageFor("b", OWN)).toMatchObject({ items: [] });
  });

  it("are listed page by page", async () => {
    const { items: all } = await pageFor("a", OWN);
    const listed: Use[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Page = await pageFor("a", `${OWN}?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      listed.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(listed).toEqual(all);
  });

  it("change by a merge patch, down to each rate, for one of two at a time", async () => {
    jsonOf(await patch("b", OWN, { perUser: { hourly: 5, daily: 50 } }));
    const { etag = "" } = (await world.get("b", OWN)).headers;
    const change = () => patch("b", OWN, { perUser: { daily: null } }, { "if-match": etag });
    const answers = (await Promise.all([change(), change()])).toSorted(
      (one, other) => one.statusCode - other.statusCode,
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 409]);
    expect(answers[0]?.json()).toEqual({ perUser: { hourly: 5 } });
    expect(answers[0]?.headers.etag).toBe((await world.get("b", OWN)).headers.etag);
    expect(jsonOf(await patch("b", OWN, { perUser: null }))).toEqual({});
  });
});

describe("who may set them", () => {
  it("is the platform alone for a tenant's own quota", async () => {
    const refused = jsonOf<Fields>(await patch("a", OWN, { monthly: 1, connections: 1 }), 422);
    expect(refused.errors.map(({ field }) => field)).toEqual(["monthly", "connections"]);
    for (const answer of [await patch("a", of("a"), { monthly: 1 }), await world.get("a", of("b"))])
      expect(answer.json()).toMatchObject({ code: "forbidden" });
  });

  it("is nobody for a tenant that is not there", async () => {
    const answers = [
      await world.get("platform", of("nobody")),
      await patch("platform", of("nobody"), { monthly: 1 }),
    ];
    for (const { statusCode } of answers) expect(statusCode).toBe(404);
  });

  it.each([
    [{ perUser: { hourly: -1, daily: 1.5 } }, ["perUser.hourly", "perUser.daily"]],
    [{ perUser: { weekly: 1 }, colour: "red" }, ["perUser.weekly", "colour"]],
    [{ perCredential: 5 }, ["perCredential"]],
  ])("is told every field of %j that breaks a rule", async (payload, fields) => {
    const { errors } = jsonOf<Fields>(await patch("a", OWN, payload), 422);
    expect(errors.map(({ field }) => field)).toEqual(fields);
  });
});

describe("the limits of an SMTP credential", () => {
  it("are set with it, and change by a merge patch", async () => {
    const id = await credential({ limits: { hourly: 1, daily: 2 } });
    const url = `/api/v1/smtp-credentials/${id}`;
    const limitsOf = async (payload: object) =>
      jsonOf<{ limits?: object }>(await patch("a", url, payload)).limits;
    expect(await limitsOf({ name: "renamed" })).toEqual({ hourly: 1, daily: 2 });
    expect(await limitsOf({ limits: { hourly: null, daily: 3 } })).toEqual({ daily: 3 });
    expect(await limitsOf({ limits: null })).toBeUndefined();
    const { errors } = jsonOf<Fields>(await patch("a", url, { limits: { hourly: "1" } }), 422);
    expect(errors).toMatchObject([{ field: "limits.hourly" }]);
  });
});
