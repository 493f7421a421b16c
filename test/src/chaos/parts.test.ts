import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDialogue } from "../mail/smtp-dialogue.ts";
import { NextHop } from "./next-hop.ts";
import { readOptions } from "./options.ts";
import { growth } from "./usage.ts";

describe("the next hop", () => {
  let hop: NextHop;
  beforeAll(async () => {
    hop = await NextHop.start();
  });
  afterAll(() => hop.stop());

  const port = () => Number(new URL(hop.proxy.url).port);

  test("takes mail through its proxy", async () => {
    const session = await openDialogue(port());
    await session.reply();
    for (const line of ["EHLO a", "MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>", "DATA"])
      expect((await session.ask(line)).code).toBeLessThan(400);
    expect((await session.ask("X-Test-Id: 1\r\n\r\nhello\r\n.")).code).toBe(250);
    expect(hop.sink.mails.get("1")?.recipients.get("b@y.test")).toBe(1);
    await session.close();
  });

  test("keeps in mind whom it refused for good, for as long as that is its mood", async () => {
    const session = await openDialogue(port());
    await session.reply();
    for (const line of ["EHLO a", "MAIL FROM:<a@x.test>"]) await session.ask(line);
    const ask = async (name: string) => (await session.ask(`RCPT TO:<${name}@y.test>`)).code;
    hop.begin("says 550");
    const codes = [await ask("one"), await ask("two"), await ask("three")];
    hop.end("says 550");
    expect(codes.filter((code) => code === 550)).toHaveLength(1);
    expect(hop.refused.size).toBe(1);
    expect([await ask("four"), await ask("five"), await ask("six")]).toEqual([250, 250, 250]);
    await session.close();
  });

  test("takes a mail, says so and hangs up", async () => {
    const before = hop.sink.received;
    hop.begin("says 250 and closes");
    const said: number[] = [];
    for (const id of ["3", "4"]) {
      const session = await openDialogue(port());
      await session.reply();
      for (const line of ["EHLO a", "MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>", "DATA"])
        await session.ask(line);
      said.push((await session.ask(`X-Test-Id: ${id}\r\n\r\nhello\r\n.`)).code);
      if (hop.sink.openConnections > 0) await session.close();
    }
    hop.end("says 250 and closes");
    expect(said).toEqual([250, 250]);
    expect(hop.sink.received).toBe(before + 2);
  });

  test("has its connections reset", async () => {
    const socket = connect(port(), "127.0.0.1");
    await once(socket, "data");
    const failed = once(socket, "error");
    hop.proxy.reset();
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
    expect(hop.proxy.resets).toBeGreaterThan(0);
  });
});

test("the flags are read, and a wrong one is named", () => {
  expect(readOptions([], 7)).toEqual({ minutes: 5, seed: 7, log: undefined });
  expect(readOptions(["--minutes", "0.5", "--seed", "12"], 7)).toMatchObject({
    minutes: 0.5,
    seed: 12,
  });
  expect(() => readOptions(["--minutes", "0"], 7)).toThrow("--minutes");
  expect(() => readOptions(["--seed", "x"], 7)).toThrow("--seed");
});

const held = (mib: number, descriptors: number) => ({ memory: mib * 1024 ** 2, descriptors });

test("what holds a little more has not grown, and what holds many times as much has", () => {
  expect(growth({ actors: held(80, 30) }, { actors: held(200, 80) })).toEqual([]);
  const grown = growth({ actors: held(80, 30) }, { actors: held(400, 300) });
  expect(grown.map((one) => one.replace(/ \d.*/, ""))).toEqual([
    "actors: memory",
    "actors: descriptors",
  ]);
});
