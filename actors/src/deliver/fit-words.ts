/**
 * Octets of all words of an event, as JSON, of the 1 MiB that the log takes at once: the addresses of a thousand
 * recipients, and what else is told of each, have the rest.
 */
const ALL = 500_000;

/** Octets of the words of one. */
const ONE = 2000;

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

/** What a provider said of one of so many recipients, on one line, so short that an event holds all of it. */
export function fitWords(said: string, recipients: number): string {
  const most = Math.min(ONE, Math.floor(ALL / Math.max(1, recipients)));
  const text = said.replaceAll(/\p{Cc}+/gu, " ");
  return octetsOf(text) <= most ? text : cut(text, most);
}
