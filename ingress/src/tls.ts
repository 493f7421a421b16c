import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { StartError, type Config } from "@waybill/runtime";

/** A certificate chain and its key, PEM. */
export type Certificate = { cert: string; key: string };

const DAY = 24 * 60 * 60 * 1000;
const LIFE = 365 * DAY;
const RENEW_BEFORE = 30 * DAY;

/** Why TLS below 1.2 is not spoken: RFC 8996. */
export const MIN_VERSION = "TLSv1.2" as const;

function readSetting(config: Config, name: "WAYBILL_TLS_CERT" | "WAYBILL_TLS_KEY"): string {
  try {
    return readFileSync(config[name] ?? "", "utf8");
  } catch (error) {
    const hint = `set both WAYBILL_TLS_CERT and WAYBILL_TLS_KEY to PEM files, or neither`;
    throw new StartError(`${name} cannot be read`, hint, { cause: error });
  }
}

function givenCertificate(config: Config): Certificate {
  const given = {
    cert: readSetting(config, "WAYBILL_TLS_CERT"),
    key: readSetting(config, "WAYBILL_TLS_KEY"),
  };
  try {
    createSecureContext(given);
    return given;
  } catch (error) {
    const hint = "WAYBILL_TLS_CERT is a PEM chain, WAYBILL_TLS_KEY the PEM key of its first entry";
    throw new StartError("the TLS certificate and key are not a pair", hint, { cause: error });
  }
}

/** The self-signed pair kept in one file, or undefined when it is missing, damaged or nearly over. */
function keptCertificate(file: string, hostname: string, now: Date): Certificate | undefined {
  try {
    const pem = readFileSync(file, "utf8");
    const certificate = new X509Certificate(pem);
    const lasts = certificate.validToDate.getTime() - now.getTime() > RENEW_BEFORE;
    return lasts && certificate.checkHost(hostname) ? { cert: pem, key: pem } : undefined;
  } catch {
    return undefined;
  }
}

async function makeCertificate(file: string, hostname: string, now: Date): Promise<Certificate> {
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: hostname }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(now.getTime() - DAY),
    notAfterDate: new Date(now.getTime() + LIFE),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [hostname, "localhost"].map((value) => ({ type: 2, value })),
      },
    ],
  });
  const pem = made.cert.trim() + "\n" + made.private.trim() + "\n";
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, pem, { mode: 0o600, flush: true });
  renameSync(draft, file);
  return { cert: pem, key: pem };
}

/**
 * The certificate of the SMTP ports: the files of WAYBILL_TLS_CERT and WAYBILL_TLS_KEY, read anew
 * each time; without them a self-signed one, kept in the data folder (mode 0600) and made again
 * when less than 30 days of it are left.
 * @throws StartError when the files cannot be used.
 */
export async function loadCertificate(config: Config, now: Date): Promise<Certificate> {
  if (config.WAYBILL_TLS_CERT !== undefined || config.WAYBILL_TLS_KEY !== undefined) {
    return givenCertificate(config);
  }
  const file = join(config.WAYBILL_DATA, "smtp-certificate.pem");
  mkdirSync(config.WAYBILL_DATA, { recursive: true });
  const hostname = config.WAYBILL_HOSTNAME;
  return keptCertificate(file, hostname, now) ?? makeCertificate(file, hostname, now);
}
