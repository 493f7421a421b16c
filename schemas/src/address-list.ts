/** An atom's characters (RFC 5322 3.2.3) and the dots between atoms; with RFC 6532 3.2, all beyond ASCII. */
const WORD = String.raw`[\w!#$%&'*+/=?^\x60{|}~.\u0080-\u{10FFFF}-]+`;
const QUOTED = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`;
const LITERAL = String.raw`\[[^[\]\\]*\]`;
const TOKEN = new RegExp(String.raw`[ \t\r\n]+|${QUOTED}|${LITERAL}|${WORD}|[<>@,;:]`, "suy");

/** The grammar over kinds of tokens: `q` is a quoted string, `l` a literal, `w` a word. */
const ADDRESS = "[wq]@[wl]";
const MAILBOX = `(?:[wq]*<${ADDRESS}>|${ADDRESS})`;
const LIST = `${MAILBOX}(?:,${MAILBOX})*`;
const ANY = `(?:${MAILBOX}|[wq]+:(?:${LIST})?;)`;
const ADDRESS_LIST = new RegExp(`^${ANY}(?:,${ANY})*$`);

const CONTROL = /[^\P{Cc}\t\r\n]/u;
const KINDS: Record<string, string> = { '"': "q", "[": "l" };
const kindOf = (token: string): string =>
  KINDS[token[0] ?? ""] ?? (/^[<>@,;:]$/.test(token) ? token : "w");

/** Where a comment ends that begins at `from`; they nest. Undefined when it does not. */
export function endOfComment(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "(") depth += 1;
    else if (text[at] === ")" && (depth -= 1) === 0) return at + 1;
  }
  return undefined;
}

type Token = { text: string; at: number };

/** The tokens of a structured field (RFC 5322 3.2), without white space and comments. */
function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const [token = ""] = TOKEN.exec(text) ?? [];
    const end = text[at] === "(" ? endOfComment(text, at) : at + token.length;
    if (end === undefined || end === at) return undefined;
    if (token.trim() !== "") tokens.push({ text: token, at });
    at = end;
  }
  return tokens;
}

/** A mailbox of an address list. */
export type Mailbox = {
  /** As it is written; a quoted string or a literal with its delimiters. */
  local: string;
  domain: string;
  /** All of it as it stands in the list, its display name included. */
  text: string;
};

/** The mailbox that tokens between commas and the like are; undefined for the name of a group, or for nothing. */
function mailboxOf(tokens: readonly Token[], text: string): Mailbox | undefined {
  const at = tokens.findIndex((token) => token.text === "@");
  const [first, last] = [tokens.at(0), tokens.at(-1)];
  const [local, domain] = [tokens[at - 1], tokens[at + 1]];
  if (!first || !last || !local || !domain) return undefined;
  const whole = text.slice(first.at, last.at + last.text.length);
  return { local: local.text, domain: domain.text, text: whole };
}

/**
 * The mailboxes of an address list (RFC 5322 3.4, RFC 6854): groups, comments, quoted strings and
 * literals included, encoded words left as they are. Of the obsolete syntax (4.4) only dots in a
 * display name are read: where programs read one text as different addresses, it is none.
 * @returns undefined when the text is no such list, or an address has an encoded word (RFC 2047 5).
 */
export function addressList(text: string): Mailbox[] | undefined {
  const tokens = CONTROL.test(text) ? undefined : tokensOf(text);
  const kinds = tokens?.map((token) => kindOf(token.text)).join("");
  if (tokens === undefined || kinds === undefined || !ADDRESS_LIST.test(kinds)) return undefined;
  const ends = [...tokens.keys(), tokens.length].filter((at) =>
    /^[,:;]?$/.test(tokens[at]?.text ?? ""),
  );
  const all = ends.flatMap((end, nth) => {
    const from = nth === 0 ? 0 : (ends[nth - 1] ?? 0) + 1;
    return mailboxOf(tokens.slice(from, end), text) ?? [];
  });
  return all.some(({ local }) => local.includes("=?")) ? undefined : all;
}

/** The domain of every address of a list, in its order; undefined when it cannot be read as one. */
export const addressDomains = (text: string): string[] | undefined =>
  addressList(text)?.map(({ domain }) => domain);
