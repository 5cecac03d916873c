// SPDX-License-Identifier: MIT
import { Contract, getAddress, isAddress, type InterfaceAbi, type Provider } from "ethers";

import { b52Abi, proofOfEfficiencyAbi, rollupAbi } from "../contracts/index.ts";
import { ProtocolError } from "../errors.ts";
import { viewOf } from "./endpoint.ts";

/** An address in hex, as ethers has it, in the type that viem and wagmi ask for. */
export type HexAddress = `0x${string}`;

/** Addresses of the contracts of one rollup. */
export interface Addresses {
  readonly consensus: "Proof of Efficiency" | "B52";
  /** The core: state root, custody, queue, exits. */
  readonly rollup: HexAddress;
  /** `ProofOfEfficiency` or `B52`. */
  readonly consensusContract: HexAddress;
  /** Native token, in which sequencers, proposers and provers are paid. */
  readonly token: HexAddress;
  /** Of batches and blocks. */
  readonly verifier: HexAddress;
  /** Of escapes and migrations. */
  readonly enforcementVerifier: HexAddress;
  /** `ProverRegistry`: provers' tickets, under B52 alone. */
  readonly registry: HexAddress | undefined;
}

/**
 * Reads the addresses of a rollup's contracts from L1.
 *
 * WARNING: it reads the answers of the contracts, and does not compare their code: contracts of a stranger can name each
 * other too. `npm run deploy -- --check` compares codes and values.
 *
 * @param provider an endpoint of L1
 * @param address of the core (`Rollup`), or of its consensus
 * @returns addresses with checksums
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if there is no rollup at the address, or its contracts do not answer as
 *   ours do; `ENDPOINT_UNAVAILABLE`
 * @example
 * ```ts
 * const { rollup, token } = await readAddresses(new JsonRpcProvider(url), address);
 * ```
 */
export async function readAddresses(provider: Provider, address: string): Promise<Addresses> {
  const { core, consensusAddress } = await findContracts(provider, address);
  const view = (target: string, abi: InterfaceAbi, name: string): Promise<HexAddress | undefined> =>
    viewOf(name, () => new Contract(target, abi, provider).getFunction(name).staticCall() as Promise<HexAddress>);
  const addressOf = async (target: string, abi: InterfaceAbi, name: string): Promise<HexAddress> => {
    const answer = await view(target, abi, name);
    if (answer !== undefined) return answer;
    throw new ProtocolError("UNKNOWN_DEPLOYMENT", { address }, `${target} has no address that it calls ${name}`);
  };
  const [token, verifier, enforcementVerifier, registry] = await Promise.all([
    addressOf(consensusAddress, proofOfEfficiencyAbi, "TOKEN"),
    addressOf(consensusAddress, proofOfEfficiencyAbi, "VERIFIER"),
    addressOf(core, rollupAbi, "ENFORCEMENT_VERIFIER"),
    view(consensusAddress, b52Abi, "REGISTRY"),
  ]);
  return {
    consensus: registry === undefined ? "Proof of Efficiency" : "B52",
    rollup: core,
    consensusContract: consensusAddress,
    token,
    verifier,
    enforcementVerifier,
    registry,
  };
}

/**
 * Finds core and consensus, which name each other, by the address of either.
 *
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if there is no rollup at the address; `ENDPOINT_UNAVAILABLE`
 */
export async function findContracts(
  provider: Provider,
  address: string,
): Promise<{ readonly core: HexAddress; readonly consensusAddress: HexAddress }> {
  if (!isAddress(address)) {
    throw new ProtocolError("UNKNOWN_DEPLOYMENT", { address }, `${JSON.stringify(address)} is not an address`);
  }
  const named = (what: "CONSENSUS" | "ROLLUP", abi: InterfaceAbi, target: string): Promise<HexAddress | undefined> =>
    viewOf(
      what,
      () => new Contract(getAddress(target), abi, provider).getFunction(what).staticCall() as Promise<HexAddress>,
    );
  // Both consensus contracts have it.
  const coreOf = (consensus: string): Promise<HexAddress | undefined> =>
    named("ROLLUP", proofOfEfficiencyAbi, consensus);

  const core = (await coreOf(address)) ?? (getAddress(address) as HexAddress);
  const consensusAddress = await named("CONSENSUS", rollupAbi, core);
  if (consensusAddress === undefined) {
    throw new ProtocolError("UNKNOWN_DEPLOYMENT", { address }, `there is no rollup at ${address}`);
  }
  const back = await coreOf(consensusAddress);
  if (back?.toLowerCase() !== core.toLowerCase()) {
    throw new ProtocolError("UNKNOWN_DEPLOYMENT", { address }, `${consensusAddress} is not the consensus of ${core}`);
  }
  return { core, consensusAddress };
}
