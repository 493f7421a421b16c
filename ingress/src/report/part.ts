/** A MIME part (RFC 2045): its media type in lower case, what is said with it, and its text, decoded. */
export type Part = {
  type: string;
  boundary: string | undefined;
  /** Fields by name in lower case, unfolded; of several of a name the first. */
  fields: ReadonlyMap<string, string>;
  text: string;
};

/** Parts of a report that are looked at; it has three (RFC 6522 3). */
const MOST_PARTS = 20;

/** One way to match, whatever the value holds: it is a stranger's, and long. */
const FIELD = /^([!-9;-~]+)[ \t]*:(.*)$/s;

/** The fields at the head of a text, up to an empty line or a line that is none; and where that is. */
export function readFields(text: string): { fields: Map<string, string>; rest: string } {
  const fields = new Map<string, string>();
  let [name, at] = ["", 0];
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, "");
    const [, found, value = ""] = FIELD.exec(line) ?? [];
    const isFold = /^[ \t]+\S/.test(line) && name !== "";
    if (found === undefined && !isFold) break;
    if (found === undefined) fields.set(name, `${fields.get(name) ?? ""} ${line.trim()}`);
    else name = fields.has(found.toLowerCase()) ? `${found.toLowerCase()}+` : found.toLowerCase();
    if (found !== undefined) fields.set(name, value.trim());
    at = end < 0 ? text.length : end + 1;
  }
  return { fields, rest: text.slice(at).replace(/^\r?\n/, "") };
}

const decoders: Record<string, (text: string) => string> = {
  base64: (text) => Buffer.from(text, "base64").toString(),
  "quoted-printable": (text) =>
    Buffer.from(
      text
        .replaceAll(/=[ \t]*\r?\n/g, "")
        .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
          String.fromCodePoint(Number.parseInt(hex, 16)),
        ),
      "latin1",
    ).toString(),
};

/** Reads a message, or a part of one. */
export function readPart(whole: string): Part {
  const { fields, rest } = readFields(whole);
  const said = fields.get("content-type") ?? "text/plain";
  const [, quoted, plain] =
    /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(said) ?? [];
  const decode = decoders[(fields.get("content-transfer-encoding") ?? "").trim().toLowerCase()];
  return {
    type: (/^[^\s;]*/.exec(said)?.[0] ?? "").toLowerCase(),
    boundary: quoted ?? plain,
    fields,
    text: decode === undefined ? rest : decode(rest),
  };
}

/** The parts of a multipart (RFC 2046 5.1); one that was cut short ends where the text does. */
export function partsOf({ type, boundary, text }: Part): Part[] {
  if (!type.startsWith("multipart/") || boundary === undefined) return [];
  const lines = `\n${text}`.split(`\n--${boundary}`).slice(1);
  const end = lines.findIndex((one) => one.startsWith("--"));
  const inside = end < 0 ? lines : lines.slice(0, end);
  return inside.slice(0, MOST_PARTS).map((one) => readPart(one.replace(/^[ \t]*\r?\n/, "")));
}
