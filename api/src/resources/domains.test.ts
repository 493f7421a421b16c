import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { Problem } from "../errors.ts";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

type Shown = {
  id: string;
  record: { name: string; type: string; value: string };
  verifiedAt?: string;
};

/** What DNS says, by name; asked for others it has nothing. */
let dns: Record<string, string[]> = {};
let whileAsked = async (): Promise<unknown> => undefined;
let world: World;

beforeAll(async () => {
  world = await startWorld({
    lookUpTxt: async (name) => {
      await whileAsked();
      return dns[name] ?? [];
    },
  });
});
beforeEach(() => {
  dns = {};
  whileAsked = async () => undefined;
});
afterAll(() => world[Symbol.asyncDispose]());

const declare = (domain: unknown, tenant = "a") =>
  world.as(tenant, { method: "POST", url: "/api/v1/domains", payload: { domain } });
const declared = async (domain: string, tenant = "a") =>
  jsonOf<Shown>(await declare(domain, tenant), 201);
const at = (id: string) => `/api/v1/domains/${id}`;
const verify = (id: string, tenant = "a") =>
  world.as(tenant, { method: "POST", url: `${at(id)}/verify` });
const remove = (id: string, tenant = "a") => world.as(tenant, { method: "DELETE", url: at(id) });
const publish = ({ record }: Shown) => {
  dns[record.name] = [...(dns[record.name] ?? []), record.value];
};

it("is kept by its name, and shows the record to publish", async () => {
  const made = await declared("Bücher.TEST");
  expect(made.id).toBe("xn--bcher-kva.test");
  expect(made.record).toMatchObject({ name: "_waybill.xn--bcher-kva.test", type: "TXT" });
  expect(made.record.value).toMatch(/^waybill-verification=[\w-]{32}$/);
  expect(jsonOf(await world.get("a", at(made.id)))).toEqual(made);
  expect((await declare("xn--BCHER-kva.test")).json()).toMatchObject({ code: "conflict" });
});

it.each(["localhost", "*.a.test", "192.0.2.1", "[::1]", "a_b.test", "a@b.test", "", 7])(
  "%j cannot be one",
  async (domain) => {
    const { errors } = jsonOf<{ errors: { field: string }[] }>(await declare(domain), 422);
    expect(errors[0]?.field).toBe("domain");
  },
);

it("with the longest name is read by it, and lists go on behind it", async () => {
  const long = `${"a".repeat(62)}.${"b".repeat(62)}.${"c".repeat(62)}.${"d".repeat(48)}.test`;
  await declared(`y.${long}`);
  const { id } = await declared(`z.${long}`);
  expect(jsonOf<Shown>(await world.get("a", at(id))).id).toBe(id);
  type Page = { items: Shown[]; nextCursor: string };
  const first = jsonOf<Page>(await world.get("a", "/api/v1/domains?limit=1"));
  const next = `/api/v1/domains?limit=1&cursor=${first.nextCursor}`;
  expect(jsonOf<Page>(await world.get("a", next)).items).toHaveLength(1);
  expect((await declare(`zz.${long}`)).statusCode).toBe(422);
});

it("is verified once its record is among those in DNS, and stays it", async () => {
  const made = await declared("shown.test");
  dns[made.record.name] = ["v=spf1 -all", `${made.record.value}x`];
  const refused = jsonOf<{ code: string; detail: string }>(await verify(made.id), 409);
  expect(refused.code).toBe("not_verified");
  expect(refused.detail).toContain(`_waybill.shown.test was asked for TXT "${made.record.value}"`);
  expect(jsonOf<Shown>(await world.get("a", at(made.id)))).not.toHaveProperty("verifiedAt");
  publish(made);
  const verified = jsonOf<Shown>(await verify(made.id));
  expect(verified.verifiedAt).toMatch(/Z$/);
  dns = {};
  expect(jsonOf(await verify(made.id))).toEqual(verified);
  const query = { last_by_subj: "control.a.domain.shown_2etest" };
  const fact = await world.deps.nats.jsm.direct.getMessage("CONTROL", query);
  expect(fact?.json()).toMatchObject({
    actor: "apikey:akey",
    entity: { verifiedAt: verified.verifiedAt },
  });
});

it("of two tenants is each one's own: the record of one does not verify the other", async () => {
  const [ours, theirs] = [await declared("both.test"), await declared("both.test", "b")];
  expect(ours.record.value).not.toBe(theirs.record.value);
  publish(theirs);
  expect((await verify("both.test")).json()).toMatchObject({ code: "not_verified" });
  publish(ours);
  expect((await verify("both.test")).statusCode).toBe(200);
  expect((await verify("both.test", "b")).statusCode).toBe(200);
  expect((await remove("both.test")).statusCode).toBe(204);
  expect(jsonOf<Shown>(await world.get("b", at("both.test")))).toHaveProperty("verifiedAt");
});

it("of another tenant is unknown", async () => {
  await declared("mine.test");
  expect((await verify("mine.test", "b")).json()).toMatchObject({ code: "not_found" });
  expect((await remove("mine.test", "b")).statusCode).toBe(404);
});

it("declared again needs a new record", async () => {
  const first = await declared("again.test");
  publish(first);
  await verify(first.id);
  await remove(first.id);
  const second = await declared("again.test");
  expect(second.record.value).not.toBe(first.record.value);
  expect((await verify(second.id)).json()).toMatchObject({ code: "not_verified" });
});

it("declared again while DNS was asked is not verified by the record of before", async () => {
  const first = await declared("race.test");
  publish(first);
  whileAsked = async () => {
    await remove("race.test");
    await declared("race.test");
  };
  expect((await verify("race.test")).json()).toMatchObject({ code: "conflict" });
  expect(jsonOf<Shown>(await world.get("a", at("race.test")))).not.toHaveProperty("verifiedAt");
});

it("cannot be verified while DNS is away", async () => {
  await declared("away.test");
  whileAsked = () => Promise.reject(new Problem("unavailable", "DNS does not answer"));
  const answer = await verify("away.test");
  expect(answer.json()).toMatchObject({ status: 503, code: "unavailable" });
  expect(answer.headers["retry-after"]).toBeDefined();
});

it("is looked up 30 times a minute for one tenant, and as often for another", async () => {
  const declaring = [declared("many.test"), declared("many.test", "b")];
  const [{ id }] = (await Promise.all(declaring)) as [Shown, Shown];
  const later = vi.spyOn(world.deps, "now").mockReturnValue(new Date(Date.now() + 120_000));
  const answers = await Promise.all(Array.from({ length: 31 }, () => verify(id)));
  const codes = answers.map(({ statusCode }) => statusCode);
  expect([409, 429].map((code) => codes.filter((one) => one === code).length)).toEqual([30, 1]);
  expect((await verify(id, "b")).statusCode).toBe(409);
  later.mockReturnValue(new Date(Date.now() + 240_000));
  expect((await verify(id)).statusCode).toBe(409);
  later.mockRestore();
});
