import { putEntity } from "@waybill/runtime";
import { type Entity, type EntityKind, type Scope, type Shown, shown } from "@waybill/schemas";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { keyOf, putKey, startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

type State = { at: string; asOfSeq: number; entities: Partial<Record<EntityKind, Shown[]>> };

async function stateOf(query = "", tenant = "a"): Promise<State> {
  return jsonOf<State>(await world.get(tenant, `/api/v1/state${query}`));
}

const day = (count: number) => new Date(Date.UTC(2020, 0, count)).toISOString();

/** Keeps an entity of tenant a as of some moment; null removes it. */
const put = (time: string, kind: EntityKind, id: string, entity: Entity | null) =>
  putEntity(world.deps.nats, { tenant: "a", kind, id, time, actor: "t", reason: "t", entity });

const sandbox = (id: string, concurrency: number) =>
  ({ kind: "provider", type: "sandbox", id, name: id, concurrency }) as const;
const seen = (id: string, concurrency: number) => shown(sandbox(id, concurrency));

/** What a key of tenant a with that scope alone is answered. */
async function answerFor(scope: Scope) {
  const key = `wb_live_${scope}_a-secret`;
  const seq = await putKey(world.deps.nats, "a", scope, key, { scopes: [scope] });
  await world.deps.directory.reached(seq);
  const headers = { authorization: `Bearer ${key}` };
  return world.app.inject({ url: "/api/v1/state", headers });
}
const kindsIn = ({ entities }: State) => Object.keys(entities).toSorted();

/** What a list holds; when one was last used is no part of what it is. */
async function listed(path: string) {
  const page = await world.get("a", `/api/v1/${path}?limit=200`);
  return jsonOf<{ items: Shown[] }>(page).items.map(({ lastUsedAt: _used, ...one }) => one);
}

describe("the state of the configuration", () => {
  it("is what there was at that moment, the moment itself included", async () => {
    const made = await put(day(1), "provider", "one", sandbox("one", 1));
    await put(day(2), "provider", "two", sandbox("two", 2));
    const changed = await put(day(3), "provider", "one", sandbox("one", 3));
    const removed = await put(day(4), "provider", "one", null);

    expect(await stateOf("?at=2019-12-31T23:59:59.999Z")).toEqual({
      at: "2019-12-31T23:59:59.999Z",
      asOfSeq: 0,
      entities: {},
    });
    expect(await stateOf(`?at=${day(1)}`)).toEqual({
      at: day(1),
      asOfSeq: made,
      entities: { provider: [seen("one", 1)] },
    });
    const atThree = await stateOf(`?at=${day(3)}`);
    expect(atThree.asOfSeq).toBe(changed);
    expect(atThree.entities).toEqual({ provider: [seen("two", 2), seen("one", 3)] });
    const justBefore = await stateOf("?at=2020-01-02T23:59:59.999Z");
    expect(justBefore.entities).toEqual({ provider: [seen("two", 2), seen("one", 1)] });
    const atFour = await stateOf(`?at=${day(4)}`);
    expect([atFour.asOfSeq, atFour.entities]).toEqual([removed, { provider: [seen("two", 2)] }]);
  });

  it("is the present when the moment is to come", async () => {
    const { at, ...then } = await stateOf("?at=2100-01-01T00:00:00Z");
    const { at: _now, ...present } = await stateOf();
    expect(at).toBe("2100-01-01T00:00:00.000Z");
    expect(then).toEqual(present);
  });

  it("is, now, what the lists and the directory say, without what opens anything", async () => {
    const smtp = { host: "mx.x.test", port: 25, tls: "none", verify: true } as const;
    const auth = { method: "PLAIN", username: "me", sealedPassword: "v1.sealed" } as const;
    const provider = { kind: "provider", id: "main", name: "Main", concurrency: 2 } as const;
    await put(day(20), "provider", "main", { ...provider, type: "smtp", smtp: { ...smtp, auth } });
    const payload = { name: "told", networks: ["10.0.0.0/8"] };
    for (const path of ["api-keys", "smtp-credentials", "smtp-credentials"])
      await world.as("a", { method: "POST", url: `/api/v1/${path}`, payload });
    await world.deps.directory.reached((await stateOf()).asOfSeq);

    const answer = await world.get("a", "/api/v1/state");
    const { entities } = jsonOf<State>(answer);
    expect(entities.apikey).toEqual(await listed("api-keys"));
    expect(entities.credential).toEqual(await listed("smtp-credentials"));
    const { directory } = world.deps;
    const kinds = ["tenant", "provider", "apikey", "credential"] as const;
    const held = kinds.map((kind) => [kind, directory.entities("a", kind).map(shown)]);
    expect(entities).toEqual(Object.fromEntries(held));
    expect(answer.body).not.toMatch(/hash|sealed|secret/);
  });

  it("has only the kinds whose lists the caller may read", async () => {
    await put(day(1), "member", "ann", { kind: "member", id: "ann", role: "owner" });
    await put(day(1), "datakey", "one", { kind: "datakey", id: "one", sealed: "v1.sealed" });
    const reading = jsonOf<State>(await answerFor("read"));
    expect(kindsIn(reading)).toEqual(["provider", "tenant"]);
    const administering = jsonOf<State>(await answerFor("admin"));
    expect(kindsIn(administering)).toEqual([
      "apikey",
      "credential",
      "member",
      "provider",
      "tenant",
    ]);
    expect((await answerFor("send")).statusCode).toBe(403);
  });

  it("is only the tenant's", async () => {
    const { entities } = await stateOf("", "b");
    expect(entities.tenant).toEqual([expect.objectContaining({ id: "b" })]);
    expect(JSON.stringify(entities)).not.toMatch(/akey|"a"|main/);
    expect(JSON.stringify(entities)).not.toContain(keyOf("b"));
  });

  it("is found in a long history", async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => at);
    const names = many.slice(0, 50).map((at) => `r${at}`);
    for (let at = 0; at < many.length; at += 100)
      await Promise.all(
        many.slice(at, at + 100).map((place) => {
          const id = names[place % 50] ?? "";
          return put(day(10), "provider", id, sandbox(id, place + 1));
        }),
      );
    const { entities } = await stateOf(`?at=${day(10)}`);
    const used = new Set(entities.provider?.map(({ concurrency }) => concurrency));
    expect(used).toEqual(new Set([2, ...many.slice(-50).map((place) => place + 1)]));
    const before = await stateOf(`?at=${day(9)}`);
    expect(before.entities.provider).toEqual([seen("two", 2)]);
  });

  it("refuses a moment that is none, and says when the log is away", async () => {
    const answer = await world.get("a", "/api/v1/state?at=yesterday");
    expect(answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field: "at" }] });
    await world.engines.natsServer.stop();
    expect((await world.get("a", "/api/v1/state")).json()).toMatchObject({ code: "unavailable" });
  });
});
