import { describe, expect, test } from "vitest";
import type { Outcome } from "@waybill/schemas";
import { ofProvider, ofSenderDomain } from "./signal.ts";

const outcome = (said: Outcome["class"], more: Partial<Outcome> = {}): Outcome => ({
  recipient: "a@y.test",
  class: said,
  response: said,
  ...more,
});

const network = { category: "network" } as const;
const accepted = outcome("accepted");

describe("what an attempt says of the provider, and of it for the sender's domain", () => {
  test.each<[string, Outcome[], string, string]>([
    ["taken", [accepted], "works", "works"],
    ["nobody there", [outcome("retry", network)], "away", "unknown"],
    ["silence after the message", [outcome("ambiguous", network)], "away", "unknown"],
    ["a junk answer", [outcome("ambiguous")], "works", "works"],
    ["not now, from the door", [outcome("retry", { code: 421 })], "away", "unknown"],
    ["greylisting", [outcome("retry", { code: 451, category: "greylist" })], "works", "works"],
    ["a refused recipient", [outcome("permanent_recipient")], "works", "works"],
    ["a refused message", [outcome("permanent_message")], "works", "works"],
    ["a refused login", [outcome("auth")], "refused", "unknown"],
    ["a refused sender", [outcome("config")], "works", "refused"],
    ["too fast", [outcome("throttled")], "paused", "unknown"],
    ["used up", [outcome("quota")], "paused", "unknown"],
    ["taken for one, too fast for another", [outcome("throttled"), accepted], "works", "works"],
    [
      "refused for one, lost for another",
      [outcome("permanent_recipient"), outcome("retry", network)],
      "away",
      "unknown",
    ],
  ])("%s", (_words, outcomes, provider, domain) => {
    expect(ofProvider(outcomes).kind).toBe(provider);
    expect(ofSenderDomain(outcomes).kind).toBe(domain);
  });

  test("a pause is as long as the longest that was asked for, and a day at most", () => {
    const forOf = (...ms: number[]) =>
      ofProvider(ms.map((retryAfterMs) => outcome("throttled", { retryAfterMs })));
    expect(forOf(1000, 5000)).toMatchObject({ kind: "paused", forMs: 5000 });
    expect(forOf(1e12)).toMatchObject({ forMs: 86_400_000 });
    expect(ofProvider([outcome("quota")])).not.toHaveProperty("forMs");
  });

  test.each([
    ["450 <ann@x.test>: too fast", "450 <[address]>: too fast"],
    ["rcpt=Ann.O'Neil+1@x.test wait", "[address] wait"],
    ["bounce+ann=x.test@relay.test is unknown", "[address] is unknown"],
    ["see https://help.test/?who=ann%40x.test now", "see [address] now"],
    ['"ann o\\"neil"@x.test is slow', "[address] is slow"],
    ["ünï@exämple.test ann@[192.0.2.1] later", "[address] [address] later"],
    ["421 4.7.0 try again later", "421 4.7.0 try again later"],
  ])("the words it keeps name nobody: %s", (response, kept) => {
    const signal = ofProvider([outcome("throttled", { response })]);
    expect(signal).toMatchObject({ reason: { class: "throttled", response: kept } });
  });
});
