import { generate } from "selfsigned";

/** A fresh self-signed certificate for `localhost`, in PEM. */
export async function localCertificate(): Promise<{ key: string; cert: string }> {
  const pems = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec" });
  return { key: pems.private, cert: pems.cert };
}
