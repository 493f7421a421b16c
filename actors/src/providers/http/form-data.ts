/** A file in a form: its name there, the name of the file, and its octets. */
type FormFile = { name: string; filename: string; content: Buffer };

const CRLF = "\r\n";

/** A boundary that begins with the seed and occurs in none of the parts; the same for the same parts. */
function boundaryFor(seed: string, parts: readonly Buffer[]): string {
  for (let count = 0; ; count += 1) {
    const boundary = `waybill-${seed}-${count}`;
    if (!parts.some((part) => part.includes(boundary))) return boundary;
  }
}

const fieldPart = ([name, value]: readonly [string, string]) =>
  Buffer.from(`Content-Disposition: form-data; name="${name}"${CRLF}${CRLF}${value}`);

const filePart = ({ name, filename, content }: FormFile) =>
  Buffer.concat([
    Buffer.from(`Content-Disposition: form-data; name="${name}"; filename="${filename}"${CRLF}`),
    Buffer.from(`Content-Type: application/octet-stream${CRLF}${CRLF}`),
    content,
  ]);

/**
 * A form as `multipart/form-data` (RFC 7578): its fields in UTF-8, then one file. The same input gives
 * the same octets, so that a request that is repeated is the same request.
 * @param fields names, which are taken as they are, with values; a name may come several times
 * @param seed at most 40 letters, digits and dashes; best one that the file's writer cannot foresee
 */
export function formData(
  fields: readonly (readonly [string, string])[],
  file: FormFile,
  seed: string,
): { contentType: string; body: Buffer } {
  const parts = [...fields.map(fieldPart), filePart(file)];
  const boundary = boundaryFor(seed, parts);
  const opening = Buffer.from(`--${boundary}${CRLF}`);
  const body = Buffer.concat([
    ...parts.flatMap((part) => [opening, part, Buffer.from(CRLF)]),
    Buffer.from(`--${boundary}--${CRLF}`),
  ]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}
