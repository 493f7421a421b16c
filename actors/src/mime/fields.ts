/** A field of a header section: its name as it came and in lower case, its value unfolded. */
export type Field = { name: string; key: string; value: string };

/** A value such as `text/plain; charset=utf-8`: the first word in lower case, and its parameters. */
export type Structured = { value: string; params: Map<string, string> };

/** The fields of a header section without its empty line; a line that is none is left out. */
export const fieldsOf = (section: Buffer): Field[] =>
  section
    .toString()
    .replaceAll(/\r\n(?=[ \t])/g, "")
    .split("\r\n")
    .map((line) => /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line))
    .filter((match) => match !== null)
    .map(([, name = "", value = ""]) => ({ name, key: name.toLowerCase(), value: value.trim() }));

/** The value of the first field of that name (in lower case); empty when there is none. */
export const valueOf = (fields: readonly Field[], key: string): string =>
  fields.find((field) => field.key === key)?.value ?? "";

const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;

const bytesOfPercent = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  );

/** `utf-8'en'%C3%A4` as text; what names an unknown charset is read as UTF-8. */
function extended(text: string): string {
  const [, charset = "", value = text] = /^([^']*)'[^']*'(.*)$/s.exec(text) ?? [];
  try {
    return new TextDecoder(charset || "utf-8").decode(bytesOfPercent(value));
  } catch {
    return bytesOfPercent(value).toString();
  }
}

/** A parameter that was cut in pieces, `name*0*=`, `name*1=`, or only encoded, `name*=` (RFC 2231). */
function joined(pieces: readonly (readonly [string, string])[]): string {
  const inOrder = pieces.toSorted(
    ([a], [b]) => parseInt(a.slice(1), 10) - parseInt(b.slice(1), 10),
  );
  const isExtended = inOrder.some(([mark]) => mark.endsWith("*"));
  const text = inOrder.map(([, value]) => value).join("");
  return isExtended ? extended(text) : text;
}

/** Reads a structured value (RFC 2045 5.1, RFC 2183); of a parameter that comes twice the first counts. */
export function structured(text: string): Structured {
  const found = [...text.matchAll(PARAMETER)].map(([, name = "", quoted, token = ""]) => {
    const [base = "", ...mark] = name.toLowerCase().split(/(?=\*)/);
    return { base, mark: mark.join(""), value: quoted?.replaceAll(/\\(.)/gs, "$1") ?? token };
  });
  const plain = found.filter(({ mark }) => mark === "").toReversed();
  const cut = Map.groupBy(
    found.filter(({ mark }) => mark !== ""),
    ({ base }) => base,
  );
  const params = new Map(plain.map(({ base, value }) => [base, value]));
  for (const [base, pieces] of cut)
    params.set(base, joined(pieces.map(({ mark, value }) => [mark, value] as const)));
  const [value = ""] = /^[^\s;(]*/.exec(text) ?? [];
  return { value: value.toLowerCase(), params };
}
