import { Contract, type InterfaceAbi, type Provider } from "ethers";

import { ProtocolError } from "../errors.ts";
import { b52Abi, proofOfEfficiencyAbi, rollupAbi } from "./abis.ts";

/** Addresses of the contracts of one rollup. */
export interface Addresses {
  readonly consensus: "Proof of Efficiency" | "B52";
  /** The core: state root, custody, queue, exits. */
  readonly rollup: string;
  /** `ProofOfEfficiency` or `B52`. */
  readonly consensusContract: string;
  /** Native token, in which sequencers, proposers and provers are paid. */
  readonly token: string;
  /** Of batches and blocks. */
  readonly verifier: string;
  /** Of escapes and migrations. */
  readonly enforcementVerifier: string;
  /** `ProverRegistry`: provers' tickets, under B52 alone. */
  readonly registry: string | undefined;
}

/**
 * Reads the addresses of a rollup's contracts from L1.
 *
 * @param provider an endpoint of L1
 * @param address of the core (`Rollup`), or of its consensus
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if there is no rollup at the address
 * @example const { rollup, token } = await readAddresses(new JsonRpcProvider(url), "0x…");
 */
export async function readAddresses(provider: Provider, address: string): Promise<Addresses> {
  const view = async (target: string, abi: InterfaceAbi, name: string): Promise<string | undefined> => {
    if ((await provider.getCode(target)) === "0x") return undefined;
    try {
      return (await new Contract(target, abi, provider).getFunction(name).staticCall()) as string;
    } catch (error) {
      // A contract without this view; trouble with the endpoint is an error of its own.
      if (
        (error as { code?: unknown }).code === "CALL_EXCEPTION" ||
        (error as { code?: unknown }).code === "BAD_DATA"
      ) {
        return undefined;
      }
      throw error;
    }
  };
  const rollup = (await view(address, proofOfEfficiencyAbi, "ROLLUP")) ?? address;
  const consensusContract = await view(rollup, rollupAbi, "CONSENSUS");
  const [named, token, verifier, enforcementVerifier, registry] =
    consensusContract === undefined
      ? []
      : await Promise.all([
          view(consensusContract, proofOfEfficiencyAbi, "ROLLUP"),
          view(consensusContract, proofOfEfficiencyAbi, "TOKEN"),
          view(consensusContract, proofOfEfficiencyAbi, "VERIFIER"),
          view(rollup, rollupAbi, "ENFORCEMENT_VERIFIER"),
          view(consensusContract, b52Abi, "REGISTRY"),
        ]);
  if (
    consensusContract === undefined ||
    token === undefined ||
    verifier === undefined ||
    enforcementVerifier === undefined ||
    named?.toLowerCase() !== rollup.toLowerCase()
  ) {
    throw new ProtocolError("UNKNOWN_DEPLOYMENT", { address }, `there is no rollup at ${address}`);
  }
  return {
    consensus: registry === undefined ? "Proof of Efficiency" : "B52",
    rollup,
    consensusContract,
    token,
    verifier,
    enforcementVerifier,
    registry,
  };
}
