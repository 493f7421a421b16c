import { array, assert, asyncProperty, string, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { formData } from "./form-data.ts";

const SEED = "01HZZZZZZZZZZZZZZZZZZZZZZZ";

/** The form as undici reads it. */
const parse = ({ contentType, body }: ReturnType<typeof formData>) =>
  new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();

const fileOf = async (form: FormData): Promise<Buffer> => {
  const file = form.get("message");
  return file instanceof File ? Buffer.from(await file.arrayBuffer()) : expect.fail("no file");
};

const file = (content: Buffer) => ({ name: "message", filename: "MimeMessage", content });

test("what is put in comes out of an independent parser, octet by octet", async () => {
  const values = array(string({ unit: "binary" }).map((one) => one.replaceAll(/[\r\n]/g, "")));
  await assert(
    asyncProperty(values, uint8Array({ maxLength: 2000 }), async (to, octets) => {
      const content = Buffer.from(octets);
      const fields = to.map((one) => ["to", one] as const);
      const form = await parse(formData(fields, file(content), SEED));
      expect(form.getAll("to")).toEqual(to);
      expect((await fileOf(form)).equals(content)).toBe(true);
    }),
  );
});

test("a message that holds the boundary, even that of itself, is still one part", async () => {
  const first = formData([["to", "a@x.test"]], file(Buffer.from("m")), SEED).body;
  const content = Buffer.concat([first, Buffer.from(`\r\n--waybill-${SEED}-1--\r\n`)]);
  const form = await parse(formData([["to", "b@x.test"]], file(content), SEED));
  expect(form.getAll("to")).toEqual(["b@x.test"]);
  expect((await fileOf(form)).equals(content)).toBe(true);
});

test("the same input is the same request", () => {
  const [first, second] = ["m\r\n", "m\r\n"].map((text) =>
    formData([["to", "a@x.test"]], file(Buffer.from(text)), SEED),
  );
  expect(first).toEqual(second);
});
