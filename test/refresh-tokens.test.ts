import { SMTPServer, type SMTPServerAuthentication } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import { type Entity, settingsSeqOf } from "@waybill/schemas";
import { startTokenEndpoint, type TokenEndpoint } from "./src/esp/token-endpoint.ts";
import { openLog } from "./src/faults/log-access.ts";
import { kill } from "./src/faults/kill.ts";
import { listen } from "./src/mail/smtp-server-peer.ts";
import { ask } from "./src/relay/ask.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

/** Whose mail goes to a server that ends every session after its mail, so that each needs a login. */
async function mailServer(endpoint: TokenEndpoint) {
  const got: string[] = [];
  const smtp = new SMTPServer({
    authMethods: ["XOAUTH2"],
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth: ({ username, accessToken = "" }: SMTPServerAuthentication, _session, done) =>
      endpoint.gave(accessToken)
        ? done(null, { user: String(username) })
        : done(Object.assign(new Error("5.7.3 no"), { responseCode: 535 })),
    onData: (stream, { envelope }, done) => {
      stream.resume().on("end", () => {
        got.push(...envelope.rcptTo.map(({ address }) => address));
        done();
        setImmediate(() => smtp.connections.forEach((one) => one.close()));
      });
    },
  });
  smtp.on("error", () => undefined);
  return { port: await listen(smtp), got };
}

/** A relay whose first tenant's mail goes by a provider whose refresh tokens are replaced. */
async function scene() {
  const endpoint = await startTokenEndpoint();
  onTestFinished(() => endpoint.close());
  const { port, got } = await mailServer(endpoint);
  const relay = await (await makeRelay({ env: HERE })).start();
  onTestFinished(() => relay.discard());
  const auth = {
    method: "XOAUTH2",
    username: "ann@x.test",
    grant: "refresh_token",
    tokenUrl: `${endpoint.url}/token`,
    clientId: "client",
    refreshToken: "s3cret-refresh-1",
  };
  const body = { type: "smtp", name: "Tokens", host: "127.0.0.1", port, tls: "none", auth };
  const { id } = await ask<{ id: string }>(relay, "POST", "/api/v1/providers", body);
  const then = { type: "providers", providers: [id] };
  await ask(relay, "POST", "/api/v1/routing-rules", { name: "all", then });
  const send = async (to: string) => {
    await sendOne(relay, to, `${to}@y.test`);
    await until(`${to} to arrive`, () => got.includes(`${to}@y.test`));
  };
  return { relay, endpoint, id, send };
}

/** Facts of an entity, the newest last, out of the log itself. */
async function lastOf({ engines, credentials: { tenant } }: Relay, kind: string, id: string) {
  const log = await openLog(engines.natsUrl);
  const query = { last_by_subj: `control.${tenant}.${kind}.${id}` };
  const found = await log.jsm.direct.getMessage("CONTROL", query);
  await log.close();
  return found?.json<{ actor: string; entity: Entity }>();
}

test("a refresh token that its endpoint replaced is the one that is used after a restart, and told to nobody", async () => {
  const { relay, endpoint, id, send } = await scene();
  await send("one");
  await send("two");
  await relay.stop("SIGKILL");
  await relay.start();
  await send("three");
  await kill(relay, "--stages=actors");
  await send("four");
  await relay.stop();
  await relay.start();
  await send("five");

  expect(endpoint.shown.length).toBeGreaterThanOrEqual(5);
  expect(endpoint.shown).toEqual(endpoint.shown.map((_, at) => [`s3cret-refresh-${at + 1}`, 200]));
  const last = await lastOf(relay, "provider", id);
  expect([last?.actor, typeof settingsSeqOf(last?.entity)]).toEqual(["system", "number"]);
  expect(await lastOf(relay, "breaker", id)).toBeUndefined();
  const { items } = (await (await relay.api("/api/v1/activity")).json()) as { items: object[] };
  expect(items).toContainEqual(expect.objectContaining({ id, actor: "system" }));
  const provider = await (await relay.api(`/api/v1/providers/${id}`)).json();
  const told = JSON.stringify([last, items, provider, relay.output]);
  expect(told).not.toMatch(/s3cret/);
  expect(JSON.stringify([items, provider])).not.toContain("settingsSeq");
});

test("trying a provider does not use up its refresh token, and mail goes on with the next", async () => {
  const { relay, endpoint, id, send } = await scene();
  await send("one");
  const verdict = await ask<object>(relay, "POST", `/api/v1/providers/${id}/test`, {});
  expect(verdict).toMatchObject({ success: true });
  await send("two");
  expect(endpoint.shown.every(([, status]) => status === 200)).toBe(true);
  expect(endpoint.shown.length).toBeGreaterThanOrEqual(3);
});
