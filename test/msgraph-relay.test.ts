import { afterAll, beforeAll, expect, test } from "vitest";
import { GRAPH, type GraphEmulator, startGraph } from "./src/esp/msgraph.ts";
import { ask } from "./src/relay/ask.ts";
import { makeRelay, type Relay } from "./src/relay/relay.ts";
import { sendOne } from "./src/relay/send-one.ts";
import { HERE } from "./src/relay/smtp-provider.ts";
import { until } from "./src/relay/until.ts";

let graph: GraphEmulator;
let relay: Relay;
beforeAll(async () => {
  graph = await startGraph({ anySender: true });
  relay = await (await makeRelay({ env: HERE })).start();
});
afterAll(async () => {
  await relay.discard();
  await graph.close();
});

/** Hands in mails until Graph has one: the actors may read the fact a moment later than the API. */
async function reachesGraph(): Promise<void> {
  await until("a mail at Graph", async () => {
    const id = await sendOne(relay, "any", "ann@example.com");
    const isIt = () => graph.sent.some(({ mime }) => mime.includes(`X-Relay-Id: ${id}\r\n`));
    return until("this mail", isIt, 2000);
  });
}

test("mail of a tenant goes by the mailbox that it named, and no secret is said", async () => {
  const { secret, directory, clientId, mailbox } = GRAPH;
  const urls = { baseUrl: graph.url, tokenUrl: `${graph.url}/${directory}/oauth2/v2.0/token` };
  const body = { type: "msgraph", name: "M365", secret, directory, clientId, mailbox, ...urls };
  const { id } = await ask<{ id: string }>(relay, "POST", "/api/v1/providers", body);
  const verdict = await ask(relay, "POST", `/api/v1/providers/${id}/test`, {});
  expect(verdict).toMatchObject({ success: true });
  const then = { type: "providers", providers: [id] };
  await ask(relay, "POST", "/api/v1/routing-rules", { name: "all", then });
  await reachesGraph();
  expect(graph.sent.at(-1)).toMatchObject({ recipients: ["ann@example.com"] });
  expect(graph.held("drafts")).toEqual([]);
  expect(relay.output.join("")).not.toContain(secret);
});
