const LINE = 78;

/** `size` bytes (at least 2) of text in CRLF lines of at most 79 bytes, none starting with a dot. */
function filler(size: number): string {
  const full = Math.max(0, Math.floor((size - 2) / LINE));
  const last = Math.max(0, size - full * LINE - 2);
  return `${"x".repeat(LINE - 2)}\r\n`.repeat(full) + `${"x".repeat(last)}\r\n`;
}

export interface MessageOptions {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Bytes of the whole message; never less than its header and one empty line. */
  readonly size: number;
}

const fillers = new Map<number, string>();
const date = new Date().toUTCString().replace("GMT", "+0000");

/** A numbered test message, ready for DATA but for the final dot. Addresses are ASCII. */
export function testMessage({ id, from, to, size }: MessageOptions): string {
  const header = [
    `From: <${from}>`,
    `To: ${to.map((address) => `<${address}>`).join(",\r\n ")}`,
    `Subject: Test message ${id}`,
    `Date: ${date}`,
    `Message-ID: <${id}@submitter.test>`,
    `X-Test-Id: ${id}`,
    "\r\n",
  ].join("\r\n");
  return header + cachedFiller(Math.max(2, size - header.length));
}

function cachedFiller(size: number): string {
  const known = fillers.get(size) ?? filler(size);
  fillers.set(size, known);
  return known;
}
