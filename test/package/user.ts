// SPDX-License-Identifier: MIT
// A program of a user, compiled with strict options against the installed package.
import type { Provider, Signer } from "ethers";
import { rollupAbi, readAddresses } from "decentralised-sequencing/contracts";
import { loadCircuits } from "decentralised-sequencing/circuits";
import { deployProofOfEfficiency, type DeployedRollup } from "decentralised-sequencing/deployment";
import { isProtocolError, openRollup, statusOf, Wallet, type TransactionStatus } from "decentralised-sequencing/node";
import { createProver, prepareAll, type Prover } from "decentralised-sequencing/prover";
import { createSigner, NodeClient, parsePayee, signTransaction } from "decentralised-sequencing/wallet";
import * as all from "decentralised-sequencing";

type FunctionNames = Extract<(typeof rollupAbi)[number], { readonly type: "function" }>["name"];
export const NAME = "forceExit" satisfies FunctionNames;
// @ts-expect-error no function of the core has this name
export const OTHER = "forceEntry" satisfies FunctionNames;

export async function program(provider: Provider, l1: Signer): Promise<TransactionStatus["status"]> {
  const deployed: DeployedRollup = await deployProofOfEfficiency(l1, { parameters: { targetTime: 600 } });
  const { node } = await openRollup(provider, deployed.rollup, { deploymentBlock: deployed.deploymentBlock });
  const l2 = createSigner(new Uint8Array(32));
  const wallet = await Wallet.open(node, l1, l2);
  await wallet.deposit(0n, 10n ** 18n);
  const signed: Uint8Array = signTransaction(l2, { from: 1, to: 0, token: 0n, amount: 1n, nonce: 0n, domain: 1n });
  try {
    return (await statusOf(node, signed)).status;
  } catch (error) {
    if (isProtocolError(error, "FEE_ABOVE_MAXIMUM")) console.log(error.data.maximum > 0n);
    // @ts-expect-error there is no such code
    if (isProtocolError(error, "FEE_BELOW_MAXIMUM")) throw new Error("unreachable");
    throw error;
  }
}

export async function pay(url: string, payee: string): Promise<bigint> {
  const signer = createSigner(new Uint8Array(32));
  const client = new NodeClient(url, { chainId: 1n });
  const [own] = await client.accounts({ key: signer.publicKey });
  if (own === undefined) return 0n;
  const bytes = await client.transfer(signer, { from: own.index, to: parsePayee(payee), amount: 1n });
  await client.send(bytes);
  const placed = await client.waitFor(bytes, "final", { patience: 1_000 });
  return placed.status === "void" ? 0n : own.account.balance;
}

export const prover = async (): Promise<Prover> => createProver(await prepareAll("development", console.log, "build"));
export const names: readonly string[] = loadCircuits("development").map(({ name }) => name);
/** As viem and wagmi take it. */
export const addresses = (provider: Provider): Promise<`0x${string}`> =>
  readAddresses(provider, "0x").then(({ rollup }) => rollup);
export const { Sequencer } = all;
