import type { DkimKey } from "@waybill/schemas";

/** Octets of one string of a TXT record (RFC 1035 3.3). */
const STRING = 255;

/** The record that publishes a key (RFC 6376 3.6.2): where, and what it says, whole and in the strings of a TXT record. */
export function keyRecord({ id, algorithm, publicKey }: DkimKey) {
  const value = `v=DKIM1; k=${algorithm}; p=${publicKey}`;
  const strings = value.match(new RegExp(`.{1,${STRING}}`, "g")) ?? [];
  return { name: id, type: "TXT" as const, value, strings };
}

/** The tags of a tag list (RFC 6376 3.2), white space left out; undefined when the text is none. */
function tagsOf(text: string): Map<string, string> | undefined {
  const specs = text.split(";").map((one) => one.replaceAll(/\s+/g, ""));
  if (specs.at(-1) === "") specs.pop();
  const tags = specs.map((one) => /^([A-Za-z]\w*)=([!-~]*)$/.exec(one));
  if (tags.includes(null)) return undefined;
  const known = new Map(tags.map((tag) => [tag?.[1] ?? "", tag?.[2] ?? ""]));
  return known.size === tags.length ? known : undefined;
}

const allows = (list: string | undefined, ...words: string[]): boolean =>
  list === undefined || list.split(":").some((one) => words.includes(one));

/** What is wrong with a record at a key's name, for whoever is to publish the key; undefined when nothing is. */
function faultOf(text: string, { algorithm, publicKey }: DkimKey): string | undefined {
  const tags = tagsOf(text);
  if (tags === undefined) return "its record is no tag list (RFC 6376 3.2)";
  const [v, k = "rsa"] = [tags.get("v"), tags.get("k")];
  if (v !== undefined && (v !== "DKIM1" || [...tags.keys()][0] !== "v"))
    return "its record does not begin with v=DKIM1";
  if (k !== algorithm) return `its record says k=${k}, not k=${algorithm}`;
  if (tags.get("p") === "") return "its record says that the key is revoked";
  if (tags.get("p") !== publicKey) return "its record has another key";
  if (!allows(tags.get("h"), "sha256")) return "its record does not allow sha256";
  if (!allows(tags.get("s"), "*", "email")) return "its record is not for email";
  return undefined;
}

/**
 * Why verifiers would not find a key in these TXT records at its name; undefined when they will. With
 * several the result is undefined (RFC 6376 3.6.2.2), so there must be one.
 */
export function whyNotPublished(key: DkimKey, found: readonly string[]): string | undefined {
  const [first, ...others] = found;
  if (first === undefined) return "it has no TXT record";
  if (others.length > 0) return `it has ${found.length} TXT records, and must have one`;
  return faultOf(first, key);
}
