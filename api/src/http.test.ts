import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyOf, startWorld, type World } from "./testing/world.ts";

let world: World;
let port: number;

beforeAll(async () => {
  world = await startWorld();
  port = Number(new URL(await world.app.listen({ port: 0, host: "127.0.0.1" })).port);
});
afterAll(() => world[Symbol.asyncDispose]());

const REPROCESS = "/api/v1/dead-letters/reprocess";
const post = (payload: string, type = "application/json") =>
  world.as("a", { method: "POST", url: REPROCESS, payload, headers: { "content-type": type } });

describe("a request without a valid key", () => {
  it.each([
    ["no key", {}],
    ["another scheme", { authorization: `Basic ${keyOf("a")}` }],
    ["an unknown key", { authorization: "Bearer wb_live_nobody_secret" }],
    ["a wrong secret", { authorization: `Bearer ${keyOf("a")}x` }],
    ["another tenant's id", { authorization: `Bearer ${keyOf("a").replace("akey", "bkey")}` }],
    ["a secret alone", { authorization: "Bearer wb_live__secret" }],
  ])("is refused: %s", async (_, headers) => {
    const answer = await world.app.inject({ url: "/api/v1/messages", headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
    expect(answer.json()).toMatchObject({
      code: "unauthenticated",
      detail: "send Authorization: Bearer <API key or access token>",
    });
  });

  it("is refused before its body is looked at", async () => {
    const answer = await world.app.inject({ method: "POST", url: REPROCESS, payload: "no json" });
    expect(answer.statusCode).toBe(401);
  });
});

describe("a request that is wrong", () => {
  it.each([
    ["an unknown route", "/api/v1/nothing", 404, "unknown_route"],
    ["a path that is none", "/api/v1/messages/%zz", 400, "malformed_request"],
  ])("is a problem: %s", async (_, url, status, code) => {
    const answer = await world.get("a", url);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status, code });
  });

  it("looks for a text with a control character", async () => {
    const answer = await world.get("a", "/api/v1/messages?subject=%00");
    expect(answer.json()).toMatchObject({
      code: "invalid_request",
      errors: [{ field: "subject" }],
    });
  });

  it("has another method than the route takes", async () => {
    const answer = await world.as("a", { method: "DELETE", url: "/api/v1/messages" });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET"]);
    const posted = await world.as("a", { method: "GET", url: REPROCESS });
    expect([posted.statusCode, posted.headers.allow]).toEqual([405, "POST"]);
  });

  it.each([
    ["no JSON", "{", undefined, 400, "malformed_request"],
    ["nothing", "", undefined, 400, "malformed_request"],
    ["a prototype", '{"__proto__": {}}', undefined, 400, "malformed_request"],
    ["another type", "ids=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
    ["text", "ids", "text/plain", 415, "unsupported_media_type"],
    ["too much", JSON.stringify({ ids: ["x".repeat(102_400)] }), undefined, 413, "body_too_large"],
  ])("has a body with %s", async (_, payload, type, status, code) => {
    expect((await post(payload, type)).json()).toMatchObject({ status, code });
  });

  it.each([
    ['{"ids": ["x"], "colour": "red"}', "colour"],
    ['{"filter": {"age": 1}}', "filter.age"],
    ['{"filter": {"reason": "bored"}}', "filter.reason"],
    ['{"ids": []}', "ids"],
    ['{"ids": [1]}', "ids.0"],
    ['{"ids": ["x"], "filter": {}}', ""],
    ["{}", ""],
    ["[]", ""],
  ])("breaks a rule: %s", async (payload, field) => {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: "invalid_body", errors: [{ field }] });
  });

  it("is not even HTTP", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.end("EHLO there\r\n\r\n");
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      code: "malformed_request",
    });
  });

  it("has a header without end", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 .*"headers_too_large"/s);
  });
});

it("an error nobody foresaw is told without its words", async () => {
  await world.engines.owner.query("ALTER TABLE messages RENAME COLUMN subject TO private");
  const answer = await world.get("a", "/api/v1/messages");
  await world.engines.owner.query("ALTER TABLE messages RENAME COLUMN private TO subject");
  expect(answer.json()).toMatchObject({ status: 500, code: "internal" });
  expect(answer.body).not.toMatch(/subject|column/);
});
