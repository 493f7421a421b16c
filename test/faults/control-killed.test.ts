import { expect, test } from "vitest";
import { openDialogue } from "../src/mail/smtp-dialogue.ts";
import { makeRelay, type Relay } from "../src/relay/relay.ts";
import { survivors } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

type Made = { id: string; username: string; password: string };

/** Makes credentials over connections of its own until the relay is gone; gives those it was told of. */
async function makeUntilGone(relay: Relay, told: Made[]): Promise<void> {
  const headers = { "content-type": "application/json" };
  for (;;) {
    const body = JSON.stringify({ name: "made before the end" });
    try {
      const answer = await relay.api("/api/v1/smtp-credentials", { method: "POST", headers, body });
      if (answer.status === 201) told.push((await answer.json()) as Made);
    } catch {
      return;
    }
  }
}

async function idsIn(relay: Relay): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const next: string = cursor && `&cursor=${cursor}`;
    const answer = await relay.api(`/api/v1/smtp-credentials?limit=200${next}`);
    const page = (await answer.json()) as { items: Made[]; nextCursor: string | null };
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return ids;
}

async function logIn(relay: Relay, { username, password }: Made): Promise<number> {
  const dialogue = await openDialogue(relay.smtpPort);
  await dialogue.reply();
  await dialogue.ehlo();
  const plain = Buffer.from(`\0${username}\0${password}`).toString("base64");
  const { code } = await dialogue.ask(`AUTH PLAIN ${plain}`);
  await dialogue.close();
  return code;
}

test("kill -9 of everything in the middle of changes: what was answered 201 is there, and opens", async () => {
  const relay = await makeRelay();
  try {
    await relay.start();
    const told: Made[] = [];
    const clients = Array.from({ length: 8 }, () => makeUntilGone(relay, told));
    await until("enough changes", () => told.length > 200);
    const everything = relay.processes();
    for (const { pid } of everything) process.kill(pid, "SIGKILL");
    await Promise.all(clients);
    await until("the end of all", () => survivors(everything).length === 0);
    await relay.start();
    const kept = new Set(await idsIn(relay));
    expect(told.filter(({ id }) => !kept.has(id))).toEqual([]);
    for (const one of told.slice(-5)) expect(await logIn(relay, one)).toBe(235);
  } finally {
    await relay.discard();
  }
});
