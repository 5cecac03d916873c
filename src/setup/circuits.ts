// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ProtocolError } from "../errors.ts";
import { PROJECT_ROOT } from "./paths.ts";

/** Sizes of the circuits: `development` is proved in seconds, `production` is compiled and counted. */
export type ProfileName = "development" | "production";

/** Key of a circuit in `circuits/circuits.json`, for example `leaf`. */
export type CircuitName = string;

/** A template with its parameters, as in a `component main`. */
export interface CircuitDefinition {
  readonly name: CircuitName;
  /** Path of the file with the template, relative to the project's root. */
  readonly file: string;
  readonly template: string;
  readonly params: readonly number[];
  /** Inputs that are public signals, in the order of their declaration. Outputs always are, and come first. */
  readonly publicInputs: readonly string[];
  /** Whether only some deployments need it, so that `prepareAll` leaves it out unless it is named. */
  readonly isOnDemand?: boolean;
}

interface CircuitsFile {
  readonly profiles: Readonly<Record<ProfileName, Readonly<Record<string, number>>>>;
  readonly circuits: Readonly<
    Record<
      CircuitName,
      {
        readonly file: string;
        readonly template: string;
        /** Names of sizes, or numbers. */
        readonly params: readonly (string | number)[];
        readonly public: readonly string[];
        readonly onDemand?: boolean;
      }
    >
  >;
}

const CIRCUITS_FILE = join(PROJECT_ROOT, "circuits", "circuits.json");

/**
 * Reads the circuits of a profile.
 *
 * @throws {ProtocolError} `UNKNOWN_CIRCUIT_PARAMETER` if a circuit names a size that the profile does not have.
 */
export function loadCircuits(profile: ProfileName, path = CIRCUITS_FILE): readonly CircuitDefinition[] {
  const { profiles, circuits } = JSON.parse(readFileSync(path, "utf8")) as CircuitsFile;
  const sizes = profiles[profile];
  return Object.entries(circuits).map(([name, { file, template, params, public: publicInputs, onDemand = false }]) => ({
    name,
    file,
    template,
    params: params.map((param) => {
      if (typeof param === "number") return param;
      const value = sizes[param];
      if (value === undefined) {
        throw new ProtocolError(
          "UNKNOWN_CIRCUIT_PARAMETER",
          { circuit: name, profile, parameter: param },
          `${name}: profile ${profile} has no size ${param}`,
        );
      }
      return value;
    }),
    publicInputs,
    isOnDemand: onDemand,
  }));
}

/**
 * Finds one circuit of a profile.
 *
 * @throws {ProtocolError} `UNKNOWN_CIRCUIT` if no circuit has this name.
 */
export function findCircuit(name: CircuitName, profile: ProfileName): CircuitDefinition {
  const circuits = loadCircuits(profile);
  const circuit = circuits.find((candidate) => candidate.name === name);
  if (circuit === undefined) {
    const known = circuits.map((candidate) => candidate.name).join(", ");
    throw new ProtocolError(
      "UNKNOWN_CIRCUIT",
      { circuit: name },
      `no circuit ${name} in circuits.json; there are: ${known}`,
    );
  }
  return circuit;
}

/** The source of the `component main` of a circuit, which includes its template from `includePath`. */
export function renderMain(circuit: CircuitDefinition, includePath: string): string {
  const publicInputs = circuit.publicInputs.length > 0 ? `{public [${circuit.publicInputs.join(", ")}]} ` : "";
  return [
    "// Generated from circuits/circuits.json; do not edit.",
    "pragma circom 2.2.2;",
    "",
    `include "${includePath}";`,
    "",
    `component main ${publicInputs}= ${circuit.template}(${circuit.params.join(", ")});`,
    "",
  ].join("\n");
}
