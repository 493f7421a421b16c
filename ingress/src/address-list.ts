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

/** The tokens of a structured field (RFC 5322 3.2), without white space and comments. */
function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const [token = ""] = TOKEN.exec(text) ?? [];
    const end = text[at] === "(" ? endOfComment(text, at) : at + token.length;
    if (end === undefined || end === at) return undefined;
    if (token.trim() !== "") tokens.push(token);
    at = end;
  }
  return tokens;
}

/**
 * The domain of every address of an address list (RFC 5322 3.4, RFC 6854): groups, comments, quoted
 * strings and literals included, encoded words left as they are. Of the obsolete syntax (4.4) only
 * dots in a display name are read: where programs read one text as different addresses, it is none.
 * @returns undefined when the text is no such list, or an address has an encoded word (RFC 2047 5).
 */
export function addressDomains(text: string): string[] | undefined {
  const tokens = CONTROL.test(text) ? undefined : tokensOf(text);
  if (tokens === undefined || !ADDRESS_LIST.test(tokens.map(kindOf).join(""))) return undefined;
  const ats = [...tokens.keys()].filter((at) => tokens[at] === "@");
  if (ats.some((at) => tokens[at - 1]?.includes("=?") === true)) return undefined;
  return ats.map((at) => tokens[at + 1] ?? "");
}
