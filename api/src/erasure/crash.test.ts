import { type Nats, replay, STREAMS } from "@waybill/runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tell } from "../testing/history.ts";
import { startWorld, type World } from "../testing/world.ts";
import { erase } from "./erase.ts";
import { finishErasures } from "./finish.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

type Async = (...args: never[]) => Promise<unknown>;

/** A log to which a process writes so many times, and then stands still for ever, as one that was killed. */
function dyingAfter(nats: Nats, writes: number) {
  const died = Promise.withResolvers<undefined>();
  let left = writes;
  const mortal = <T extends object>(target: T, name: keyof T): T =>
    new Proxy(target, {
      get: (of, key) => {
        const value: unknown = Reflect.get(of, key);
        if (typeof value !== "function") return value;
        const call = value.bind(of) as Async;
        if (key !== name) return call;
        return async (...args: never[]) => {
          if (left === 0) {
            died.resolve(undefined);
            return new Promise(() => undefined);
          }
          left -= 1;
          return call(...args);
        };
      },
    });
  const streams = mortal(nats.jsm.streams, "deleteMessage");
  const jsm = new Proxy(nats.jsm, {
    get: (of, key) => (key === "streams" ? streams : (Reflect.get(of, key) as unknown)),
  });
  return { nats: { ...nats, js: mortal(nats.js, "publish"), jsm }, died: died.promise };
}

/** All that a tenant's events and configuration say. */
async function said(): Promise<string> {
  let text = "";
  for (const [stream, filter] of [
    [STREAMS.mail, "mail.*.*.a.*"],
    [STREAMS.control, "control.a.>"],
  ] as const)
    for await (const one of replay(world.deps.nats, { stream, filters: [filter] }))
      text += JSON.stringify(one.json());
  return text;
}

it("is finished by whoever starts next, at whatever step it died", async () => {
  const { deps } = world;
  let writes = 0;
  for (let isDone = false; !isDone;) {
    writes += 1;
    const address = `jo-${writes}@x.test`;
    const delivered = { address, status: "delivered" } as const;
    const kept = { address: "kept@x.test", status: "delivered" } as const;
    await tell(world, "a", { recipients: [delivered, kept] });
    await tell(world, "a", { sender: address, recipients: [kept] });
    const request = { method: "POST", url: "/api/v1/suppressions", payload: { address } } as const;
    expect((await world.as("a", request)).statusCode).toBe(201);
    const { nats, died } = dyingAfter(deps.nats, writes);
    const asking = { tenant: "a", actor: "test", ip: "192.0.2.1", reason: undefined };
    isDone =
      (await Promise.race([died, erase({ ...deps, nats }, asking, { address })])) !== undefined;
    expect(await finishErasures(deps, Date.now() + 1000)).toBe(0);
    expect(await said()).not.toContain(`jo-${writes}@`);
    const begun = deps.directory.entities("a", "erasure").filter((one) => !one.finishedAt);
    expect(begun).toEqual([]);
  }
  expect(writes).toBeGreaterThan(7);
  expect(await said()).toContain("kept@x.test");
}, 120_000);
