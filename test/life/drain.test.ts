import { connect } from "node:net";
import { expect, test } from "vitest";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { testMessage } from "../src/mail/message.ts";
import { openDialogue, type Dialogue } from "../src/mail/smtp-dialogue.ts";
import { survivors } from "../src/relay/processes.ts";
import { until } from "../src/relay/until.ts";

const MAILS = 400;
const FROM = "sender@submitter.test";

/** A client in the middle of a message: what is left of it is returned. */
async function halfSent(dialogue: Dialogue, id: string): Promise<string> {
  const to = [`${id}@sink.test`];
  const message = `${testMessage({ id, from: FROM, to, size: 4096 })}.\r\n`;
  await dialogue.reply();
  await dialogue.ehlo();
  await dialogue.ask(`MAIL FROM:<${FROM}>`);
  await dialogue.ask(`RCPT TO:<${to[0]}>`);
  await dialogue.ask("DATA");
  dialogue.sendRaw(message.slice(0, 2000));
  return message.slice(2000);
}

const isClosed = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
    socket.once("close", () => socket.destroy()).end();
  });

/** Ends the relay while one client is within a message and another never ends its own. */
async function stopWithin({ relay }: Scene, signal: NodeJS.Signals) {
  const finishing = await openDialogue(relay.smtpPort, { timeoutMs: 15_000 });
  const hanging = await openDialogue(relay.smtpPort);
  const rest = await halfSent(finishing, "finishing");
  await halfSent(hanging, "hanging");
  const all = relay.processes();
  const stopped = relay.stop(signal);
  await until("the door to be closed", () => isClosed(relay.smtpPort));
  finishing.sendRaw(rest);
  const reply = await finishing.reply();
  const code = await stopped;
  await Promise.all([finishing.close(), hanging.close()]);
  await until("the end of all", () => survivors(all).length === 0);
  return { code, reply };
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s finishes what is in hand: the message on the wire and those in delivery",
  async (signal) => {
    await using scene = await openScene({ sink: { delayMs: 300 } });
    const report = await scene.load({ mails: MAILS });
    const { code, reply } = await stopWithin(scene, signal);
    expect(code).toBe(0);
    expect(reply.code).toBe(250);
    expect(scene.sink.received).toBeLessThan(MAILS);
    await scene.startAgain();
    // Those in delivery were recorded before the end: no copy has an excuse.
    expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
    expect(scene.sink.mails.get("finishing")?.count).toBe(1);
    expect(scene.sink.mails.has("hanging")).toBe(false);
  },
);
