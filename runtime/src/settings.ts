import {
  cidrs,
  flag,
  list,
  matching,
  oneOf,
  optional,
  someOf,
  text,
  whole,
  type Parser,
} from "./parsers.ts";

const port = whole(0, 65535);
const count = whole(1);
const url = matching(/^https?:\/\/\S+$/, "a URL with http or https");
const days = whole(1, 36500);
const seconds = whole(1, 86400);
const STAGES = ["ingress", "actors", "projections", "api"] as const;

/** A stage of the relay; each can run in a process of its own. */
export type StageName = (typeof STAGES)[number];

type Setting<T> = { parse: Parser<T>; fallback: string | undefined; meaning: string };

const setting = <T>(
  parse: Parser<T>,
  fallback: string | undefined,
  meaning: string,
): Setting<T> => ({
  parse,
  fallback,
  meaning,
});

/** Every environment variable the relay reads, with its default and its meaning. */
export const SETTINGS = {
  WAYBILL_DATA: setting(text, "./data", "folder of everything the embedded parts keep"),
  WAYBILL_HOST: setting(text, "127.0.0.1", "listen address of SMTP and API"),
  WAYBILL_HOSTNAME: setting(
    optional(matching(/^[A-Za-z0-9.-]+$/, "a host name")),
    undefined,
    "name in the SMTP greeting and in Received (the machine's by default)",
  ),
  WAYBILL_SMTP_PORT: setting(port, "2525", "submission with STARTTLS; 0 turns it off"),
  WAYBILL_SMTPS_PORT: setting(port, "2465", "submission with implicit TLS; 0 turns it off"),
  WAYBILL_SMTP_REUSE_PORT: setting(
    flag,
    "false",
    "true: several ingress processes of a machine listen on the same ports",
  ),
  WAYBILL_API_PORT: setting(port, "8080", "API and health"),
  WAYBILL_API_MAX_REQUESTS_PER_MINUTE: setting(
    count,
    "6000",
    "requests a minute of one tenant to one process of the API",
  ),
  WAYBILL_TLS: setting(
    flag,
    "true",
    "false: no TLS on the SMTP ports, for use behind a balancer that ends it",
  ),
  WAYBILL_TLS_CERT: setting(
    optional(text),
    undefined,
    "certificate chain, PEM file (self-signed and kept in the data folder by default)",
  ),
  WAYBILL_TLS_KEY: setting(optional(text), undefined, "private key, PEM file"),
  WAYBILL_TRUSTED_NETWORKS: setting(
    list,
    "",
    "`cidr=tenant,...`: clients that may submit without AUTH",
  ),
  WAYBILL_RELAY_URL: setting(
    optional(text),
    undefined,
    "system-wide SMTP provider, `smtp[s]://user:password@host:port`",
  ),
  WAYBILL_PUBLIC_URL: setting(
    optional(url),
    undefined,
    "address of the API as the world reaches it, for the URLs of webhooks (host and port of the API by default)",
  ),
  WAYBILL_RELAY_CONCURRENCY: setting(count, "20", "connections to that provider"),
  WAYBILL_OUTBOUND_ALLOW: setting(
    cidrs,
    "",
    "blocks of addresses that are not public and in which tenants may name hosts: `10.1.2.0/24,...`",
  ),
  WAYBILL_SECRET: setting(
    optional(matching(/^.{32,}$/s, "32 characters or more")),
    undefined,
    "master key of all secrets, 32 characters or more (generated into the data folder)",
  ),
  WAYBILL_SECRET_NEXT: setting(
    optional(matching(/^.{32,}$/s, "32 characters or more")),
    undefined,
    "master key that `npm run rotate` changes to; read by nothing else",
  ),
  WAYBILL_STAGES: setting(
    optional(someOf(...STAGES)),
    undefined,
    "stages this process runs: `ingress,actors,projections,api` (all, one process each, by default)",
  ),
  WAYBILL_LANES: setting(
    whole(1, 1024),
    "16",
    "delivery lanes; the same in every process, for the life of the log",
  ),
  WAYBILL_EVENTS_DAYS: setting(
    days,
    "30",
    "days for which events are kept, of tenants that want no fewer; what has not ended is kept longer",
  ),
  WAYBILL_BODIES_DAYS: setting(
    days,
    "7",
    "days for which the bytes of messages are kept, as above",
  ),
  WAYBILL_LOG_LEVEL: setting(
    oneOf("trace", "debug", "info", "warn", "error"),
    "info",
    "least level of log lines",
  ),
  NATS_URL: setting(
    optional(text),
    undefined,
    "external NATS with JetStream, `nats://user:password@host:port,...` (embedded by default)",
  ),
  WAYBILL_REPLICAS: setting(
    whole(1, 5),
    "1",
    "servers that keep each stream, of those that this process makes: 3 in a cluster",
  ),
  DATABASE_URL: setting(
    optional(text),
    undefined,
    "external PostgreSQL 18, `postgres://user:password@host:port,.../database` (embedded by default)",
  ),
  NATS_SERVER_BIN: setting(optional(text), undefined, "path of the nats-server program to embed"),
  WAYBILL_BODY_STORE: setting(
    oneOf("jetstream", "fs", "s3"),
    "jetstream",
    "where new bodies are kept; those kept before are read where they are",
  ),
  WAYBILL_BODY_FOLDER: setting(
    optional(text),
    undefined,
    "folder of the store `fs`, and of bodies on their way to `s3` (`bodies` in the data folder)",
  ),
  WAYBILL_S3_ENDPOINT: setting(
    optional(matching(/^https?:\/\/[^\s/@?#]+\/?$/, "a URL of a host, with http or https")),
    undefined,
    "S3-compatible server, `https://host:port`",
  ),
  WAYBILL_S3_BUCKET: setting(
    optional(matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket")),
    undefined,
    "bucket, which must exist",
  ),
  WAYBILL_S3_REGION: setting(text, "us-east-1", "region of the bucket"),
  WAYBILL_S3_PREFIX: setting(
    matching(/^[\w./-]{0,200}$/, "letters, digits and ./_-"),
    "",
    "put before the names of objects, for example `waybill/`",
  ),
  WAYBILL_S3_ACCESS_KEY: setting(optional(text), undefined, "access key id"),
  WAYBILL_S3_SECRET_KEY: setting(optional(text), undefined, "secret access key"),
  WAYBILL_SMTP_MAX_SIZE: setting(count, "26214400", "largest message, octets"),
  WAYBILL_SMTP_MAX_CONNECTIONS: setting(count, "1000", "SMTP connections at once"),
  WAYBILL_SMTP_MAX_CONNECTIONS_PER_CLIENT: setting(
    optional(count),
    undefined,
    "SMTP connections at once from one address (100; loopback has no limit unless this is set)",
  ),
  WAYBILL_SMTP_MAX_MESSAGES_PER_CLIENT: setting(
    optional(count),
    undefined,
    "messages a minute from one address (10000; loopback has no limit unless this is set)",
  ),
  WAYBILL_SMTP_MAX_MESSAGES_PER_CONNECTION: setting(
    count,
    "100000",
    "messages over one connection",
  ),
  WAYBILL_SMTP_MAX_RECIPIENTS: setting(whole(1, 1000), "1000", "recipients of one message"),
  WAYBILL_SMTP_MAX_LINE: setting(
    count,
    "998",
    "longest line of a message, octets without CRLF (RFC 5322 2.1.1)",
  ),
  WAYBILL_SMTP_MAX_HEADER: setting(count, "262144", "largest header section, octets"),
  WAYBILL_SMTP_IDLE_TIMEOUT: setting(
    seconds,
    "300",
    "seconds without a byte before a connection is closed (RFC 5321 4.5.3.2.7)",
  ),
  WAYBILL_SMTP_DATA_TIMEOUT: setting(
    seconds,
    "600",
    "seconds one message may take from DATA to its final dot",
  ),
  WAYBILL_SMTP_SESSION_TIMEOUT: setting(seconds, "86400", "seconds one connection may last"),
  WAYBILL_TOKEN_ISSUER: setting(text, "waybill", "`iss` of the access tokens of people"),
  WAYBILL_LOGIN_MAX_FAILURES: setting(
    count,
    "10",
    "failed logins of an account in 15 minutes; from one address, ten times as many",
  ),
  WAYBILL_OIDC_ISSUER: setting(
    optional(url),
    undefined,
    "OpenID Connect provider whose tokens the API takes, as in their `iss`",
  ),
  WAYBILL_OIDC_AUDIENCE: setting(
    optional(text),
    undefined,
    "`aud` that those tokens must have; needed with an issuer",
  ),
  WAYBILL_OIDC_JWKS_URL: setting(
    optional(url),
    undefined,
    "that provider's keys (found by discovery)",
  ),
  WAYBILL_OIDC_TENANT_CLAIM: setting(
    text,
    "waybill_tenant",
    "claim that names the tenant, which must exist",
  ),
  WAYBILL_OIDC_ROLE_CLAIM: setting(
    text,
    "waybill_role",
    "claim that names the role in it: viewer, member, admin, owner",
  ),
};

export type SettingName = keyof typeof SETTINGS;
/** Every setting, parsed. */
export type Settings = { [N in SettingName]: ReturnType<(typeof SETTINGS)[N]["parse"]> };
