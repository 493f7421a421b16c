import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "@waybill/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCertificate } from "./tls.ts";

const DAY = 24 * 60 * 60 * 1000;
const NOW = new Date("2026-10-14T12:00:00.000Z");
const later = (days: number) => new Date(NOW.getTime() + days * DAY);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-tls-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = (settings: Record<string, string> = {}) =>
  readConfig({ WAYBILL_DATA: folder, WAYBILL_HOSTNAME: "mx.waybill.test", ...settings });

describe("without files", () => {
  it("makes a certificate for the host name, and keeps it for the owner's eyes only", async () => {
    const made = await loadCertificate(config(), NOW);
    const certificate = new X509Certificate(made.cert);
    expect(certificate.checkHost("mx.waybill.test")).toBe("mx.waybill.test");
    expect(certificate.ca).toBe(false);
    expect(statSync(join(folder, "smtp-certificate.pem")).mode & 0o777).toBe(0o600);
    expect(await loadCertificate(config(), later(300))).toEqual(made);
  });

  it("makes another within 30 days of its end, or when it is damaged or for another name", async () => {
    const first = await loadCertificate(config(), NOW);
    const second = await loadCertificate(config(), later(340));
    expect(second).not.toEqual(first);
    const third = await loadCertificate(config({ WAYBILL_HOSTNAME: "other.test" }), later(341));
    expect(third).not.toEqual(second);
    writeFileSync(join(folder, "smtp-certificate.pem"), "damaged");
    expect((await loadCertificate(config(), NOW)).cert).toContain("BEGIN CERTIFICATE");
  });
});

describe("with files", () => {
  it("uses them", async () => {
    await loadCertificate(config(), NOW);
    const file = join(folder, "smtp-certificate.pem");
    const given = config({ WAYBILL_TLS_CERT: file, WAYBILL_TLS_KEY: file });
    expect((await loadCertificate(given, NOW)).cert).toBe(readFileSync(file, "utf8"));
  });

  it("does not start with one of the two, a missing one, or two that are not a pair", async () => {
    const { cert } = await loadCertificate(config(), NOW);
    await loadCertificate(config({ WAYBILL_HOSTNAME: "other.test" }), NOW);
    const [file, lone] = [join(folder, "smtp-certificate.pem"), join(folder, "lone.pem")];
    writeFileSync(lone, cert.slice(0, cert.indexOf("-----BEGIN PRIVATE")));
    const load = (settings: Record<string, string>) => loadCertificate(config(settings), NOW);
    await expect(load({ WAYBILL_TLS_CERT: file })).rejects.toThrow("WAYBILL_TLS_KEY");
    await expect(
      load({ WAYBILL_TLS_CERT: join(folder, "none"), WAYBILL_TLS_KEY: file }),
    ).rejects.toThrow("WAYBILL_TLS_CERT");
    await expect(load({ WAYBILL_TLS_CERT: lone, WAYBILL_TLS_KEY: file })).rejects.toThrow("pair");
  });
});
