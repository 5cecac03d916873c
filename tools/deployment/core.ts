// SPDX-License-Identifier: MIT
import { coreCode as coreCodeOf, type CoreCode } from "../../src/deployment/index.ts";
import type { Profile } from "../../src/profile.ts";
import { link, readCompiled } from "./bytecode.ts";

/**
 * The core that a consensus with the circuits of a profile deploys.
 *
 * @param params `IRollup.CoreParameters`, by name; others may be among them
 * @param libraries addresses by name, at least those that the core needs
 * @throws {ToolError} `MISSING_LIBRARY`
 */
export async function coreCode(
  profile: Profile,
  params: Readonly<Record<string, unknown>>,
  libraries: Readonly<Record<string, string>>,
): Promise<CoreCode> {
  return coreCodeOf(link(await readCompiled("Rollup"), libraries), profile, params);
}
