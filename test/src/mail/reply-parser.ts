/** One SMTP reply: its code, and the text of each of its lines (RFC 5321, 4.2). */
export interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

const REPLY_LINE = /^(\d{3})([ -]?)(.*)$/;

/** Puts replies together from whatever pieces the network hands over. */
export class ReplyParser {
  #tail = "";
  #lines: string[] = [];

  /** Takes the next piece of text; returns the replies it completes. Throws on a malformed line. */
  push(text: string): Reply[] {
    const lines = (this.#tail + text).split("\n");
    this.#tail = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line.replace(/\r$/, "")) ?? []);
  }

  #line(line: string): Reply | undefined {
    const [, code, separator, text = ""] = REPLY_LINE.exec(line) ?? [];
    if (code === undefined) throw new Error(`not an SMTP reply: ${JSON.stringify(line)}`);
    this.#lines.push(text);
    if (separator === "-") return undefined;
    const reply = { code: Number(code), lines: this.#lines };
    this.#lines = [];
    return reply;
  }
}

/** The reply on one line, as a log would show it: `450 4.2.1 later`. */
export function formatReply(reply: Reply): string {
  return `${reply.code} ${reply.lines.join(" ")}`.trimEnd();
}
