import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type SmtpProvider, settingsSeqOf, type TokenLogin } from "@waybill/schemas";
import { ownFact, putEntity } from "./control.ts";
import { followDirectory } from "./follow-directory.ts";
import { makeLogger } from "./logger.ts";
import type { KeptToken } from "./outbound/oauth/kept-token.ts";
import { RefreshTokens } from "./refresh-tokens.ts";
import { makeSecrets } from "./secrets.ts";
import { startLog, type LogServer } from "./testing/log-server.ts";
import { makeVault, type Vault } from "./vault.ts";

let log: LogServer;
beforeAll(async () => {
  log = await startLog();
});
afterAll(() => log[Symbol.asyncDispose]());

const logger = makeLogger("silent", "test");

/** A process: its directory, and what it keeps tokens with. */
async function process() {
  const directory = await followDirectory(log.nats);
  onTestFinished(() => directory.stop());
  const vault = makeVault(log.nats, directory, makeSecrets("a master key of the test's own"));
  const tokens = new RefreshTokens({ nats: log.nats, directory, vault, log: logger });
  return { directory, vault, tokens };
}
type Process = Awaited<ReturnType<typeof process>>;

async function provider(vault: Vault, id: string, token: string, change: Partial<TokenLogin> = {}) {
  const auth = {
    method: "XOAUTH2",
    username: "ann@x.test",
    tokenUrl: "https://login.test/token",
    clientId: "c",
    grant: "refresh_token",
    sealedRefreshToken: await vault.seal("a", token),
    ...change,
  } as TokenLogin;
  const smtp = { host: "mx.test", port: 587, tls: "starttls", verify: true, auth } as const;
  return { kind: "provider", type: "smtp", id, name: id, concurrency: 1, smtp } as SmtpProvider;
}

/** Two processes that know a provider. */
async function two(id: string) {
  const [one, other] = [await process(), await process()];
  const made = await provider(one.vault, id, "first");
  const seq = await put([one, other], made);
  const keptBy = ({ tokens }: Process) => tokens.of("a", made) as KeptToken;
  return { one, other, made, seq, ofOne: keptBy(one), ofOther: keptBy(other) };
}

async function put(all: Process[], entity: SmtpProvider): Promise<number> {
  const seq = await putEntity(log.nats, ownFact("a", entity, "test"));
  await Promise.all(all.map(({ directory }) => directory.reached(seq)));
  return seq;
}

test("a token that took the place of another is known to every process, sealed, and no change of the settings", async () => {
  const { other, seq, ofOne, ofOther } = await two("told");
  await ofOne.replaced("first", "second");
  await ofOne.replaced("second", "third");
  expect(await ofOther.other("first")).toMatch(/second|third/);
  await other.directory.reached(other.directory.lastSeq("a", "provider", "told"));
  expect(ofOne.newest()).toBe("third");
  const held = (await process()).directory.provider("a", "told");
  expect(settingsSeqOf(held)).toBe(seq);
  expect(JSON.stringify(held)).not.toMatch(/first|second|third/);
});

test("of two that were given one at once, the log takes the first for both", async () => {
  const { one, other, ofOne, ofOther } = await two("race");
  const [a, b] = [ofOne.replaced("first", "by one"), ofOther.replaced("first", "by other")];
  await Promise.all([a, b]);
  const end = Math.max(...[one, other].map((p) => p.directory.lastSeq("a", "provider", "race")));
  await Promise.all([one, other].map((p) => p.directory.reached(end)));
  expect(["by one", "by other"]).toContain(ofOne.newest());
  expect(ofOther.newest()).toBe(ofOne.newest());
});

test("what somebody changes meanwhile stays, and a token that they gave is the one that counts", async () => {
  const { one, other, made, ofOne } = await two("changed");
  await put([one, other], { ...made, name: "another name" });
  await ofOne.replaced("first", "second");
  expect(one.directory.provider("a", "changed")?.name).toBe("another name");
  await put([one, other], await provider(one.vault, "changed", "given"));
  await ofOne.replaced("second", "third");
  expect(ofOne.newest()).toBe("given");
});

test("a token of a login that leads elsewhere, or is no more, is not given away", async () => {
  const { one, other, ofOne } = await two("moved");
  const tokenUrl = "https://elsewhere.test/token";
  await put([one, other], await provider(one.vault, "moved", "secret", { tokenUrl }));
  expect(ofOne.newest()).toBeUndefined();
  await ofOne.replaced("first", "second");
  expect(one.directory.find("a", "provider", "moved")?.entity).not.toHaveProperty("settingsSeq");
  expect(await ofOne.other("first")).toBeUndefined();
});

test("in a process one is asked for after the other, and all are waited for", async () => {
  const { one, made, ofOne } = await two("alone");
  const [first, order] = [Promise.withResolvers<void>(), [] as string[]];
  const a = ofOne.alone(() => first.promise.then(() => order.push("a")));
  const b = one.tokens.of("a", made)?.alone(() => Promise.resolve(order.push("b")));
  const idle = one.tokens.idle().then(() => order.push("idle"));
  first.resolve();
  await Promise.all([a, b, idle]);
  expect(order).toEqual(["a", "b", "idle"]);
});
