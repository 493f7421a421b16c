import type { Outcome } from "@waybill/schemas";

/**
 * Octets of all words of an event, as JSON, of the 1 MiB that the log takes at once: the addresses of a thousand
 * recipients, and what else is told of each, have the rest.
 */
const ALL = 500_000;

/** Octets of the words of one, the provider's id of the message among them. */
const ONE = 2000;

/** Octets of that id, and half of all words at most. */
const ID = 250;

const octetsOf = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;

function cut(text: string, most: number): string {
  let [short, octets] = ["", 0];
  for (const character of text) {
    octets += octetsOf(character);
    if (octets > most) break;
    short += character;
  }
  return short;
}

function fit(said: string, most: number): string {
  const text = said.replaceAll(/\p{Cc}+/gu, " ");
  return octetsOf(text) <= most ? text : cut(text, most);
}

type Words = Pick<Outcome, "response" | "providerMessageId">;

/** What a provider said of one of so many recipients, on one line, so short that an event holds all of it. */
export function fitWords<T extends Words>(said: T, recipients: number): T {
  const { response, providerMessageId: whole } = said;
  const most = Math.min(ONE, Math.floor(ALL / Math.max(1, recipients)));
  if (whole === undefined) return { ...said, response: fit(response, most) };
  const providerMessageId = fit(whole, Math.min(ID, most / 2));
  return {
    ...said,
    providerMessageId,
    response: fit(response, most - octetsOf(providerMessageId)),
  };
}
