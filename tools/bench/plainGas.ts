import type { NetworkConnection } from "hardhat/types/network";

import { minedTransaction } from "../../src/chain/index.ts";
import { toProofWords } from "../../src/codec/index.ts";
import { type Prover } from "../../src/prover/index.ts";
import type { CircuitArtifacts } from "../../src/setup/index.ts";
import { PlainVerifier } from "./plainVerifier.ts";
import { benchLeafInput } from "./proofTimes.ts";

/** Gas of a transaction that verifies one leaf proof with snarkjs's own contract for the same key. */
export async function measurePlainVerifier(
  { ethers }: NetworkConnection,
  artifacts: readonly CircuitArtifacts[],
  prover: Prover,
): Promise<number> {
  const leaf = artifacts.find(({ name }) => name === "leaf");
  const [signer] = await ethers.getSigners();
  if (leaf === undefined || signer === undefined) throw new Error("no leaf circuit, or no signer");
  const plain = await PlainVerifier.deploy(leaf, signer);
  const { proof, publicSignals } = await prover.prove("leaf", { ...benchLeafInput() });
  const statement = { proof: toProofWords(proof), inputs: publicSignals };
  if (!(await plain.verify(statement))) throw new Error("snarkjs's verifier rejects the proof");
  const [to, data] = await plain.encodeCall(statement);
  const { gasUsed } = await minedTransaction(signer.sendTransaction({ to, data }));
  return Number(gasUsed);
}
