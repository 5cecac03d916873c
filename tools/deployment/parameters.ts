// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ToolError } from "../errors.ts";
import type { CircuitName } from "../../src/setup/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { type SystemName } from "./names.ts";
import {
  readElections,
  requireTimeForElections,
  SCHEMA,
  validateParameters,
  type ParameterModule,
  type ParameterValue,
} from "../../src/deployment/index.ts";

export { SYSTEMS, type SystemName } from "./names.ts";

/** The modules that a system takes its parameters from. */
export const MODULES_OF: Readonly<Record<SystemName, readonly ParameterModule[]>> = {
  ProofOfEfficiency: ["Shared", "ProofOfEfficiency"],
  B52: ["Shared", "B52"],
  Pair: ["Shared", "ProofOfEfficiency", "B52"],
};

/** Validated parameters, by module and name. */
export type SystemParameters = Readonly<Partial<Record<ParameterModule, Readonly<Record<string, ParameterValue>>>>>;

/** Whether a B52 with these parameters draws the tickets that vote (docs/b52.md §11), so that it needs other keys. */
export const isDrawn = ({ B52: b52 }: SystemParameters): boolean => (b52?.["electedTickets"] ?? 0n) !== 0n;

/** Circuits beside those that every deployment needs. */
export const furtherCircuits = (parameters: SystemParameters): readonly CircuitName[] =>
  isDrawn(parameters) ? ["drawnMerge"] : [];

export interface DeploymentOptions {
  /** Name of a file in `deploy/parameters`, or a path that ends in `.json`. Default: "local". */
  readonly parameters?: string;
  /** Replace single parameters, in every module of the system that has one of the name. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /**
   * Name under which Ignition keeps a journal on a network that is not embedded, in `deploy/deployments`: a deployment
   * of the same name goes on where it was interrupted. Default: the chain's.
   */
  readonly deploymentId?: string;
  /** Deploy development keys on a chain that is not local. Default: whether ALLOW_DEVELOPMENT_KEYS is 1. */
  readonly allowDevelopmentKeys?: boolean;
  /** Elections of Proof of Efficiency (`readElections`). Default: everybody may sequence and prove. */
  readonly election?: string | undefined;
  /** Deploy an escrow of builders beside the B52 as well. Default: false. */
  readonly withEscrow?: boolean;
  /** Show Ignition's progress. Default: false. */
  readonly displayUi?: boolean;
}

/**
 * Reads and validates the parameters of a system.
 *
 * @throws {ToolError} `BAD_PARAMETERS_FILE`; `UNKNOWN_PARAMETER` for an override of another system
 * @throws {ProtocolError} as `validateParameters`, `readElections` and `requireTimeForElections`
 */
export function readParameters(
  system: SystemName,
  { parameters = "local", overrides = {}, election }: DeploymentOptions = {},
): SystemParameters {
  const path = parameters.endsWith(".json")
    ? parameters
    : join(PROJECT_ROOT, "deploy", "parameters", `${parameters}.json`);
  const file = readFile(path);
  const elections = readElections(election);
  const modules = [...MODULES_OF[system], ...elections];
  for (const name of Object.keys(overrides)) {
    if (!modules.some((module) => Object.hasOwn(SCHEMA[module], name))) {
      throw new ToolError("UNKNOWN_PARAMETER", { name }, `no module of ${system} has a parameter ${name}`);
    }
  }
  const read: Partial<Record<ParameterModule, Record<string, ParameterValue>>> = {};
  for (const module of modules) {
    const section = file[module];
    if (typeof section !== "object" || section === null) {
      throw new ToolError("BAD_PARAMETERS_FILE", { path }, `${path} has no section ${module}`);
    }
    const own = Object.entries(overrides).filter(([name]) => Object.hasOwn(SCHEMA[module], name));
    read[module] = validateParameters(module, { ...section, ...Object.fromEntries(own) });
  }
  if (read.ProofOfEfficiency !== undefined) {
    requireTimeForElections(
      read.ProofOfEfficiency,
      elections.map((name) => [name, read[name] ?? {}]),
    );
  }
  return read;
}

function readFile(path: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new ToolError("BAD_PARAMETERS_FILE", { path }, `${path}: ${String(cause)}`, { cause });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ToolError("BAD_PARAMETERS_FILE", { path }, `${path} is not an object of sections`);
  }
  const unknown = Object.keys(content).filter((module) => !Object.hasOwn(SCHEMA, module));
  if (unknown.length > 0) {
    throw new ToolError(
      "BAD_PARAMETERS_FILE",
      { path },
      `${path} has sections ${unknown.join(", ")}; there are ${Object.keys(SCHEMA).join(", ")}`,
    );
  }
  return content as Record<string, unknown>;
}

export const allowsDevelopmentKeys = ({ allowDevelopmentKeys }: DeploymentOptions): boolean =>
  allowDevelopmentKeys ?? process.env["ALLOW_DEVELOPMENT_KEYS"] === "1";
