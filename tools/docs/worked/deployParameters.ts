// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../../../src/setup/paths.ts";

interface ParametersOf {
  integer(name: string): bigint;
  flag(name: string): boolean;
}

/** `deploy/parameters/<network>.json`. @throws {Error} for a name that is not there */
export function readParameters(network: string): { readonly poe: ParametersOf; readonly b52: ParametersOf } {
  const path = join(PROJECT_ROOT, "deploy", "parameters", `${network}.json`);
  const sections = JSON.parse(readFileSync(path, "utf8")) as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
  const of = (section: string): ParametersOf => {
    const read = (name: string): unknown => {
      const value = sections[section]?.[name];
      if (value === undefined) throw new Error(`${network}.json has no ${section}.${name}`);
      return value;
    };
    return {
      integer: (name) => BigInt(String(read(name)).replace(/n$/, "")),
      flag: (name) => read(name) === true,
    };
  };
  return { poe: of("ProofOfEfficiency"), b52: of("B52") };
}
