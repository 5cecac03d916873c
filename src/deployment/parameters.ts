import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Values of `deploy/parameters/*.json`; integers beyond 2^53 as decimal strings with an `n`. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

export interface DeploymentOptions {
  /** Name of the file in `deploy/parameters`. Default: "local". */
  readonly parameters?: string;
  /** Replace single parameters. */
  readonly overrides?: Parameters;
  /**
   * Name under which Ignition keeps a journal on a network that is not embedded, in `deploy/deployments`: a deployment of the same name
   * goes on where it was interrupted. Default: the chain's.
   */
  readonly deploymentId?: string;
  /** Deploy development keys on a chain that is not local. Default: whether ALLOW_DEVELOPMENT_KEYS is 1. */
  readonly allowDevelopmentKeys?: boolean;
}

/** Reads the parameters of a system. */
export function readParameters(
  system: "ProofOfEfficiency" | "B52",
  { parameters = "local", overrides = {} }: DeploymentOptions = {},
): Record<string, string | number | bigint | boolean> {
  const path = fileURLToPath(new URL(`../../deploy/parameters/${parameters}.json`, import.meta.url));
  const file = JSON.parse(readFileSync(path, "utf8")) as Record<typeof system, Parameters>;
  return Object.fromEntries(
    Object.entries({ ...file[system], ...overrides }).map(([name, value]) => [
      name,
      typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
    ]),
  );
}

export const allowsDevelopmentKeys = ({ allowDevelopmentKeys }: DeploymentOptions): boolean =>
  allowDevelopmentKeys ?? process.env["ALLOW_DEVELOPMENT_KEYS"] === "1";
