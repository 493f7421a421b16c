import type { Socket } from "node:net";
import {
  findAccepted,
  makeReturnPaths,
  type Config,
  type RunningStage,
  type Stage,
} from "@waybill/runtime";
import { ClientLimits } from "./client-limits.ts";
import type { Neighbours } from "./door.ts";
import { SubmissionServer } from "./server.ts";
import { loadCertificate, type Certificate } from "./tls.ts";
import { trustedNetworks } from "./trusted-networks.ts";

/** Milliseconds after which the certificate is looked at again. */
const RENEWAL = 12 * 60 * 60 * 1000;

export type IngressOptions = {
  /** Ports; 0 is any free one, undefined turns one off. */
  smtpPort: number | undefined;
  smtpsPort: number | undefined;
  /** The address a client is known by: of its socket, by default. */
  addressOf?: (socket: Socket) => string;
};

/** The stage at work, and the ports it listens on. */
export type RunningIngress = RunningStage & Pick<IngressOptions, "smtpPort" | "smtpsPort">;

const makeServer = ({ config, ...neighbours }: Neighbours, options: IngressOptions) =>
  new SubmissionServer(
    {
      config,
      ...neighbours,
      networks: trustedNetworks(config.WAYBILL_TRUSTED_NETWORKS),
      limits: new ClientLimits(config),
      draining: false,
    },
    options.addressOf,
  );

async function certificateOf({ config, log }: Neighbours): Promise<Certificate | undefined> {
  if (config.WAYBILL_TLS) return loadCertificate(config, new Date());
  log.warn("WAYBILL_TLS is false: SMTP without TLS, and no SMTPS port");
  return undefined;
}

function keepRenewed(server: SubmissionServer, { config, log }: Neighbours): NodeJS.Timeout {
  const renew = async (): Promise<void> => {
    await loadCertificate(config, new Date()).then(
      (certificate) => server.renew(certificate),
      (error: unknown) => log.error({ err: error }, "the old TLS certificate stays in use"),
    );
  };
  return setInterval(() => void renew(), RENEWAL).unref();
}

/** Starts the submission ports. @throws StartError when a setting, certificate or port cannot be used. */
export async function startIngress(
  neighbours: Neighbours,
  options: IngressOptions,
): Promise<RunningIngress> {
  const server = makeServer(neighbours, options);
  const { directory, seats } = neighbours;
  const unfollow = directory.onChange(({ tenant, kind }) => {
    if (kind === "limits") seats.share(tenant);
  });
  const certificate = await certificateOf(neighbours);
  try {
    const smtpPort =
      options.smtpPort === undefined
        ? undefined
        : await server.listenSmtp(options.smtpPort, certificate);
    const smtpsPort =
      options.smtpsPort === undefined || certificate === undefined
        ? undefined
        : await server.listenSmtps(options.smtpsPort, certificate);
    const renewal = certificate && keepRenewed(server, neighbours);
    const drain = async (): Promise<void> => {
      clearInterval(renewal);
      await server.drain();
      unfollow();
    };
    return { smtpPort, smtpsPort, drain };
  } catch (error) {
    await server.drain();
    throw error;
  }
}

const unlessOff = (port: number): number | undefined => (port === 0 ? undefined : port);

const portsOf = (config: Config): IngressOptions => ({
  smtpPort: unlessOff(config.WAYBILL_SMTP_PORT),
  smtpsPort: unlessOff(config.WAYBILL_SMTPS_PORT),
});

/** SMTP submission, as a stage. */
export const stage: Stage = (context) => {
  const { nats, secrets, config } = context;
  const reports = {
    paths: makeReturnPaths(secrets),
    findAccepted: (tenant: string, id: string) => findAccepted(nats, tenant, id),
  };
  return startIngress({ ...context, reports }, portsOf(config));
};
