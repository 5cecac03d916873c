import { AbiCoder, concat, Contract, Interface, keccak256, type Provider } from "ethers";

import { State } from "../../src/ledger/index.ts";
import { createProfile, type Profile } from "../../src/profile.ts";
import { link, readCompiled } from "./bytecode.ts";

/** What `deployCore` of a consensus takes, and the consensus is deployed with the hash of. */
export interface CoreCode {
  /** Creation code of the core, with the addresses of its libraries, and the arguments of its constructor. */
  readonly initCode: string;
  /** keccak256 of the creation code, without arguments. */
  readonly codeHash: string;
  /** `CORE_HASH` of the consensus. */
  readonly hash: string;
}

/**
 * The core that a consensus with the circuits of a profile deploys.
 *
 * @param params `IRollup.CoreParameters`, by name; others may be among them
 * @param libraries addresses by name, at least those that the core needs
 * @throws {ProtocolError} `MISSING_LIBRARY`
 */
export async function coreCode(
  profile: Profile,
  params: Readonly<Record<string, unknown>>,
  libraries: Readonly<Record<string, string>>,
): Promise<CoreCode> {
  const compiled = await readCompiled("Rollup");
  const code = link(compiled, libraries);
  const codeHash = keccak256(code);
  const { inputs } = new Interface(compiled.abi).deploy;
  const encoded = AbiCoder.defaultAbiCoder().encode(inputs, [State.genesis(profile).root, profile.slots, params]);
  return { initCode: concat([code, encoded]), codeHash, hash: keccak256(concat([codeHash, keccak256(encoded)])) };
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
