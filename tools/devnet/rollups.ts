// SPDX-License-Identifier: MIT
import { NonceManager, parseEther, Wallet as Key, type JsonRpcProvider, type TransactionResponse } from "ethers";

import type { B52Node, RollupNode } from "../../src/agents/index.ts";
import { deployB52, deployProofOfEfficiency, type DeployedRollup } from "../../src/deployment/index.ts";
import { Observer } from "./observer.ts";
import { isProver, keyOf, NODES, type Party } from "./topology.ts";
import { openAccounts, type Account, type UserName } from "./users.ts";

/** A rollup on the chain of a network, and the accounts of its users. */
export interface DevnetRollup<Node extends RollupNode | B52Node = RollupNode | B52Node> {
  readonly deployed: DeployedRollup;
  /** Follows L1 at anvil itself. */
  readonly observer: Observer<Node>;
  readonly users: readonly Account[];
}

/** Native tokens of one who posts, in the consensus contract: for fees and bonds. */
const STAKE = parseEther("100000");

/**
 * Rules for a chain with a block a second whose readers want to see its clocks move. Times in seconds; the forced queue
 * is due after ten minutes.
 */
const POE_PARAMETERS = { forcedDeadline: 600, targetTime: 60, doublingTime: 600, halvingTime: 1_200 };

/**
 * Rules of B52 for a chain with a block a second, and two cores that also prove for the other rollup. Times in seconds.
 * A tree has two leaves, so that both blocks of a round need four proofs of leaves and two merges: some 50 seconds of
 * two idle cores (docs/adr/0067). The provers join when they start, and a round takes the keys of its beginning.
 */
export const B52_PARAMETERS = {
  ...{ proposalWindow: 90, proofWindow: 240, defenceWindow: 240, forcedDeadline: 1_200 },
  ...{ maxLeaves: 2, targetProvers: 3, maxUncles: 1, forgiveness: 3_600 },
};

/** Tokens for the rewards of a thousand blocks, for the bids of a proposer, and for the stake of a prover and more. */
const [POOL, BIDS, PROVER, VOTE_DEPOSITS] = ["100000", "10000", "2000", "20"].map(parseEther) as [
  bigint,
  bigint,
  bigint,
  bigint,
];

const mined = async (sent: Promise<TransactionResponse>): Promise<unknown> => (await sent).wait();

/** Deploys a rollup of Proof of Efficiency; L1 mines a block for each transaction. */
export async function startProofOfEfficiency(
  provider: JsonRpcProvider,
  deployer: NonceManager,
  users: readonly UserName[],
): Promise<DevnetRollup<RollupNode>> {
  const deployed = await deployProofOfEfficiency(deployer, { parameters: POE_PARAMETERS });
  const { rollup, deploymentBlock } = deployed;
  const observer = await Observer.open("Proof of Efficiency", provider, rollup, deploymentBlock);
  for (const party of ["sequencer-1", "sequencer-2", "mallory"] satisfies Party[]) {
    await deposit(observer.node, deployer, party, STAKE, STAKE);
  }
  return { deployed, observer, users: await openAccounts(observer, provider, users) };
}

/** Deploys a rollup of B52, and gives proposers, provers and the pool their tokens. */
export async function startB52(
  provider: JsonRpcProvider,
  deployer: NonceManager,
  users: readonly UserName[],
): Promise<DevnetRollup<B52Node>> {
  const deployed = await deployB52(deployer, { parameters: B52_PARAMETERS });
  const { rollup, deploymentBlock } = deployed;
  const observer = await Observer.open("B52", provider, rollup, deploymentBlock);
  const { token, consensus } = observer.node.system;
  await mined(token.connect(deployer).approve(consensus, POOL));
  await mined(consensus.connect(deployer).fundPool(POOL));
  for (const party of NODES.b52) {
    // A proposer deposits its bids by itself. A prover demands hidden votes from its deposit.
    if (isProver(party)) await deposit(observer.node, deployer, party, PROVER, VOTE_DEPOSITS);
    else if (party !== "b52-follower") await mined(token.connect(deployer).transfer(addressOf(party), BIDS));
  }
  return { deployed, observer, users: await openAccounts(observer, provider, users) };
}

const addressOf = (party: Party): string => new Key(keyOf(party)).address;

/** Gives a party tokens, and has it deposit a part of them in the consensus contract. */
async function deposit(
  { system }: Pick<RollupNode, "system"> | Pick<B52Node, "system">,
  deployer: NonceManager,
  party: Party,
  amount: bigint,
  deposited: bigint,
): Promise<void> {
  const { token, consensus, provider } = system;
  const key = new NonceManager(new Key(keyOf(party), provider));
  await mined(token.connect(deployer).transfer(key, amount));
  await mined(token.connect(key).approve(consensus, deposited));
  await mined(consensus.connect(key).deposit(deposited));
}
