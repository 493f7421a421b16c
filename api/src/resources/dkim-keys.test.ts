import type { Tenant } from "@waybill/schemas";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { put, startWorld, type World } from "../testing/world.ts";

type Shown = {
  id: string;
  domain: string;
  selector: string;
  algorithm: string;
  publicKey: string;
  verifiedAt?: string;
  record: { name: string; type: string; value: string; strings: string[] };
};
type Problem = { code: string; detail: string; errors?: { field: string }[] };

const URL = "/api/v1/dkim-keys";

let dns: Record<string, string[]> = {};
let whileAsked = async (): Promise<unknown> => undefined;
let world: World;
/** Each test is the first of its own. */
let minute = 0;

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
  minute += 1;
  vi.spyOn(world.deps, "now").mockReturnValue(new Date(Date.now() + minute * 60_001));
});
afterAll(() => world[Symbol.asyncDispose]());

const make = (payload: object, tenant = "a") =>
  world.as(tenant, { method: "POST", url: URL, payload });
const made = async (payload: object, tenant = "a") =>
  jsonOf<Shown>(await make({ algorithm: "ed25519", ...payload }, tenant), 201);
const at = (id: string) => `${URL}/${id}`;
const verify = (id: string, tenant = "a") =>
  world.as(tenant, { method: "POST", url: `${at(id)}/verify` });
const remove = (id: string, tenant = "a") => world.as(tenant, { method: "DELETE", url: at(id) });

async function enforce(tenant: string, enforceSenderDomains: boolean): Promise<void> {
  const { directory, nats } = world.deps;
  const entity = { ...(directory.tenant(tenant) as Tenant), enforceSenderDomains };
  await directory.reached(await put(nats, tenant, entity));
}

it.each(["rsa", "ed25519"])(
  "of %s is made here, and its private half is sealed",
  async (algorithm) => {
    const one = await made({ domain: `${algorithm}.Test`, algorithm, selector: "s1" });
    expect(one).toMatchObject({ id: `s1._domainkey.${algorithm}.test`, algorithm });
    expect(one.record).toMatchObject({ name: one.id, type: "TXT" });
    expect(one.record.strings.join("")).toBe(one.record.value);
    expect(one.record.strings.every(({ length }) => length <= 255)).toBe(true);
    expect(jsonOf(await world.get("a", at(one.id)))).toEqual(one);
    const held = world.deps.directory.find("a", "dkimkey", one.id)?.entity;
    expect(held?.sealedPrivateKey).toMatch(/^t1\./);
    const pem = world.deps.vault.open("a", held?.sealedPrivateKey ?? "");
    const half = createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "der" });
    expect(half.toString("base64")).toContain(algorithm === "rsa" ? one.publicKey : "");
    expect(half.subarray(-32)).toEqual(Buffer.from(one.publicKey, "base64").subarray(-32));
  },
);

it("is never shown with its private half, nor in the history or the state", async () => {
  await made({ domain: "hidden.test" });
  const query = { last_by_subj: "control.a.dkimkey.>" };
  expect(await world.deps.nats.jsm.direct.getMessage("CONTROL", query)).not.toBeNull();
  for (const url of [URL, "/api/v1/state"]) {
    const { body } = await world.get("a", url);
    expect(body).toContain("hidden.test");
    expect(body).not.toMatch(/sealed|PRIVATE/);
  }
});

it("has a selector of its own when none is chosen, and the name of another is taken", async () => {
  const [one, two] = [await made({ domain: "two.test" }), await made({ domain: "two.test" })];
  expect(one.selector).toMatch(/^w[a-z0-9]{9}$/);
  expect(one.selector).not.toBe(two.selector);
  const { selector } = one;
  expect((await make({ domain: "TWO.test", selector })).json()).toMatchObject({ code: "conflict" });
  await made({ domain: "two.test", selector }, "b");
});

it.each([
  [{ domain: "localhost" }, "domain"],
  [{ domain: "a@x.test" }, "domain"],
  [{ domain: `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}` }, "domain"],
  [{ domain: "x.test", selector: "S1" }, "selector"],
  [{ domain: "x.test", selector: "-s" }, "selector"],
  [{ domain: "x.test", selector: "a.b" }, "selector"],
  [{ domain: "x.test", algorithm: "dsa" }, "algorithm"],
  [{ domain: "x.test", privateKey: "mine" }, "privateKey"],
  [{}, "domain"],
])("%j cannot be one", async (payload, field) => {
  expect(jsonOf<Problem>(await make(payload), 422).errors?.[0]?.field).toBe(field);
});

it("is for a verified domain, or one within it, where the tenant sends from those only", async () => {
  await enforce("b", true);
  const domain = { kind: "domain", token: "t", createdAt: new Date().toISOString() } as const;
  const declare = async (verifiedAt?: string) => {
    const entity = { ...domain, id: "ours.test", ...(verifiedAt && { verifiedAt }) };
    await world.deps.directory.reached(await put(world.deps.nats, "b", entity));
  };
  await declare();
  expect(jsonOf<Problem>(await make({ domain: "ours.test" }, "b"), 409)).toMatchObject({
    code: "not_verified",
    detail: "ours.test is not in a verified sender domain of the tenant",
  });
  await declare(domain.createdAt);
  await made({ domain: "ours.test" }, "b");
  await made({ domain: "sub.ours.test" }, "b");
  expect((await make({ domain: "theirs.test" }, "b")).statusCode).toBe(409);
  await enforce("b", false);
  await made({ domain: "theirs.test" }, "b");
});

it("is verified once its record is in DNS, looked for each time", async () => {
  const one = await made({ domain: "shown.test" });
  const refused = jsonOf<Problem>(await verify(one.id), 409);
  expect(refused.code).toBe("not_verified");
  expect(refused.detail).toBe(
    `${one.id} was asked for TXT "${one.record.value}": it has no TXT record`,
  );
  dns[one.id] = [one.record.value];
  const verified = jsonOf<Shown>(await verify(one.id));
  expect(verified.verifiedAt).toMatch(/Z$/);
  expect(jsonOf(await verify(one.id))).toEqual(verified);
  dns = {};
  expect((await verify(one.id)).statusCode).toBe(409);
  expect(jsonOf<Shown>(await world.get("a", at(one.id)))).toEqual(verified);
});

it("made again while DNS was asked is not verified by the record of before", async () => {
  const one = await made({ domain: "race.test", selector: "s1" });
  dns[one.id] = [one.record.value];
  whileAsked = async () => {
    await remove(one.id);
    await made({ domain: "race.test", selector: "s1" });
  };
  expect((await verify(one.id)).json()).toMatchObject({ code: "conflict" });
  expect(jsonOf<Shown>(await world.get("a", at(one.id)))).not.toHaveProperty("verifiedAt");
});

it("is deleted, and of another tenant it is unknown", async () => {
  const { id } = await made({ domain: "mine.test" });
  const theirs = [await verify(id, "b"), await remove(id, "b"), await world.get("b", at(id))];
  expect(theirs.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
  expect((await remove(id)).statusCode).toBe(204);
  expect((await world.get("a", at(id))).statusCode).toBe(404);
});

it("is asked for 120 times a minute by one tenant", async () => {
  const bad = { domain: "localhost" };
  const answers = await Promise.all(Array.from({ length: 121 }, () => make(bad)));
  expect(answers.map(({ statusCode }) => statusCode).filter((one) => one === 429)).toHaveLength(1);
});
