// SPDX-License-Identifier: MIT
import { Contract, type Provider } from "ethers";

import { coreCode as coreCodeOf, type CoreCode } from "../../src/deployment/index.ts";
import { createProfile, type Profile } from "../../src/profile.ts";
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

/** Profile of the leaf circuit that a deployed verifier has the key of. */
export async function profileOf(provider: Provider, verifier: string): Promise<Profile> {
  const { abi } = await readCompiled("ILeafSizes");
  const sizes = new Contract(verifier, abi, provider);
  const ask = async (size: string): Promise<number> => Number(await sizes.getFunction(size)());
  return createProfile({
    name: "deployed",
    depth: await ask("DEPTH"),
    slots: await ask("SLOTS"),
    levels: await ask("LEVELS"),
  });
}
