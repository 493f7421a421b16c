import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tell } from "./testing/history.ts";
import { startWorld, type World } from "./testing/world.ts";

let world: World;
let id: string;

beforeAll(async () => {
  world = await startWorld();
  id = await tell(world, "a", { recipients: [{ address: "b@x.test", status: "dead" }] });
});
afterAll(() => world[Symbol.asyncDispose]());

/** What is said when a part is away: the status, the code, and whether to ask again later. */
async function told(url: string, payload?: object): Promise<unknown[]> {
  const method = payload === undefined ? "GET" : "POST";
  const answer = await world.as("a", { method, url, ...(payload && { payload }) });
  const { status, code } = answer.json<{ status: number; code: string }>();
  return [status, code, Number(answer.headers["retry-after"]) > 0];
}
const AWAY = [503, "unavailable", true];

const notReady = async () => (await world.app.inject("/readyz")).json<{ detail: string }>().detail;
const reprocess = { url: "/api/v1/dead-letters/reprocess", payload: { filter: {} } };

describe("without NATS", () => {
  beforeAll(() => world.engines.natsServer.stop());

  it("what the views tell is answered", async () => {
    expect((await world.get("a", `/api/v1/messages/${id}`)).statusCode).toBe(200);
    expect((await world.get("a", "/api/v1/dead-letters")).statusCode).toBe(200);
  });

  it.each(["/health", "/api/v1/audit/events"])("%s is unavailable", async (url) => {
    expect(await told(url)).toEqual(AWAY);
  });
  it.each(["events", "raw"])("%s of a message is unavailable", async (part) => {
    expect(await told(`/api/v1/messages/${id}/${part}`)).toEqual(AWAY);
  });
  it("a command is unavailable", async () => {
    expect(await told(reprocess.url, reprocess.payload)).toEqual(AWAY);
  });

  it("an erasure is unavailable", async () => {
    expect(await told("/api/v1/erasures", { address: "b@x.test" })).toEqual(AWAY);
  });

  it("is not ready, and says so", async () => {
    expect(await notReady()).toBe("nats");
  });
});

describe("without Postgres too", () => {
  beforeAll(() => world.engines.postgres.stop());

  it.each(["/api/v1/messages", "/api/v1/dead-letters"])("%s is unavailable", async (url) => {
    expect(await told(url)).toEqual(AWAY);
  });
  it("a command is unavailable", async () => {
    expect(await told(reprocess.url, reprocess.payload)).toEqual(AWAY);
  });

  it("is not ready, and says so", async () => {
    expect(await notReady()).toBe("nats, postgres");
  });

  it("is alive", async () => {
    expect((await world.app.inject("/healthz")).statusCode).toBe(200);
  });
});
