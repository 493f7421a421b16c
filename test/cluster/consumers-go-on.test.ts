import { expect, test } from "vitest";
import { LONG } from "../src/cluster/long.ts";
import { openOnCluster, type OnCluster } from "../src/cluster/relay-on-cluster.ts";
import type { ReplyPolicy } from "../src/mail/sink-policy.ts";
import { submit } from "../src/mail/submitter.ts";
import { ask } from "../src/relay/ask.ts";
import { until } from "../src/relay/until.ts";

/** Every follower of the log does something new: lanes, views, directory, suppressions. */
async function prove({ scene }: OnCluster, round: string): Promise<void> {
  const { relay, sink } = scene;
  const begun = performance.now();
  const seconds = () => Number(((performance.now() - begun) / 1000).toFixed(1));
  const took: Record<string, number> = {};
  const login = await until("a credential to be made", () =>
    ask<{ username: string; password: string }>(relay, "POST", "/api/v1/smtp-credentials", {
      name: `of ${round}`,
    }),
  );
  took["api"] = seconds();
  const to = [`ok-${round}@sink.test`, `gone-${round}@sink.test`];
  await until("the door to know the credential, and to take the mail", async () => {
    const report = await submit({
      port: relay.smtpPort,
      starttls: true,
      auth: { user: login.username, pass: login.password },
      mails: 1,
      connections: 1,
      size: 1000,
      from: "me@example.com",
      to: () => to,
      id: () => round,
    });
    return report.accepted.length === 1;
  });
  took["door"] = seconds();
  await until("the sink", () => sink.mails.has(round));
  took["lane"] = seconds();
  await until("the views", async () => {
    const answer = await relay.api("/api/v1/messages?limit=1");
    return JSON.stringify(await answer.json()).includes(`gone-${round}@sink.test`);
  });
  took["views"] = seconds();
  await until("the suppression", async () => {
    const answer = await relay.api("/api/v1/suppressions?limit=200");
    return (await answer.text()).includes(`gone-${round}@sink.test`);
  });
  took["suppression"] = seconds();
  console.log(JSON.stringify({ round, took }));
}

const refuseGone: ReplyPolicy = (stage, { recipient }) =>
  stage === "rcpt" && recipient?.startsWith("gone") ? "550 5.1.1 no such user" : undefined;

test("every follower of the log goes on by itself, whichever server died and stays dead", async () => {
  await using on = await openOnCluster({ sink: { reply: refuseGone } });
  await prove(on, "before");
  const all = on.cluster.servers;
  const killed = LONG ? all : [await on.cluster.leaderOf("CONTROL")];
  for (const server of killed) {
    await server.kill();
    await prove(on, `without-${server.name}`);
    await server.start();
    await on.cluster.inStep(["MAIL", "CONTROL", "BODIES"]);
  }
  expect(on.scene.sink.mails.size).toBe(1 + killed.length);
}, 400_000);
