// SPDX-License-Identifier: MIT
import { NonceManager, parseEther, Wallet as Key, type JsonRpcProvider, type TransactionResponse } from "ethers";

import type { B52Node, RollupNode } from "../../src/agents/index.ts";
import {
  deployB52,
  deployBuilderEscrow,
  deployProofOfEfficiency,
  type DeployedRollup,
} from "../../src/deployment/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { electionParameters, Elections } from "./elections.ts";
import { Observer } from "./observer.ts";
import { B52_MARGIN, isProver, keyOf, NODES, type Party } from "./topology.ts";
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
export const POE_PARAMETERS = { forcedDeadline: 600, targetTime: 60, doublingTime: 600, halvingTime: 1_200 };

/** Seconds that the proof of each circuit takes on this machine, when it does nothing else. */
export interface ProvingTimes {
  readonly leaf: number;
  readonly merge: number;
}

/** Parameters of B52 that a devnet chooses. */
type B52Parameter =
  | ("proposalWindow" | "proofWindow" | "defenceWindow" | "forcedDeadline")
  | ("maxLeaves" | "targetProvers" | "maxUncles" | "forgiveness");

/**
 * Rules of B52 for a chain with a block a second. Times in seconds.
 *
 * A tree has two leaves, so both blocks of a round need four proofs of leaves and two merges. The proof window has twice
 * the time of these, as the machine proves for the other rollup as well and some nodes are proven twice, and three margins
 * for the submission. Example: proofs of 10 and 5 seconds need a window of 72 + 2 · 50 seconds, which makes 180.
 */
export function b52Parameters({ leaf, merge }: ProvingTimes): Readonly<Record<B52Parameter, number>> {
  const needed = 3 * B52_MARGIN + 2 * (4 * leaf + 2 * merge);
  const proofWindow = Math.max(180, 30 * Math.ceil(needed / 30));
  return {
    ...{
      proposalWindow: PROPOSAL_WINDOW,
      proofWindow,
      defenceWindow: proofWindow,
      forcedDeadline: 4 * (PROPOSAL_WINDOW + proofWindow),
    },
    ...{ maxLeaves: 2, targetProvers: 3, maxUncles: 1, forgiveness: 3_600 },
  };
}

/** An offer can be made in its first half, as two margins have to be left. */
const PROPOSAL_WINDOW = 90;

/** Proves both circuits once. The keys are those of development. */
export async function measureProofs(): Promise<ProvingTimes> {
  const { createProver } = await import("../../src/prover/index.ts");
  const { prepareAll } = await import("../../src/setup/index.ts");
  const { measure } = await import("../../src/node/index.ts");
  const prover = createProver(await prepareAll("development"), { cacheFolder: false });
  try {
    return await measure(DEVELOPMENT, prover, false);
  } finally {
    await prover.dispose();
  }
}

/** Tokens for the rewards of a thousand blocks, for the bids of a proposer, and for the stake of a prover and more. */
const [POOL, BIDS, PROVER, VOTE_DEPOSITS] = ["100000", "10000", "2000", "20"].map(parseEther) as [
  bigint,
  bigint,
  bigint,
  bigint,
];

const mined = async (sent: Promise<TransactionResponse>): Promise<unknown> => (await sent).wait();

/** Elections of a rollup, by the name of the choice, and how blocks are made to pass until they begin. */
export interface Elected {
  /** As of `deployProofOfEfficiency`. */
  readonly election: string;
  readonly mine: (blocks: number) => Promise<void>;
}

/** A rollup of Proof of Efficiency. */
export interface PoeDevnet extends DevnetRollup<RollupNode> {
  /** Undefined if everybody may sequence and prove. */
  readonly elections: Elections | undefined;
}

/**
 * Deploys a rollup of Proof of Efficiency, and has its sequencers and aggregators elected; L1 mines a block for each
 * transaction.
 *
 * @param elected undefined: everybody may sequence and prove
 * @throws {ToolError} `NOT_READY` if nobody is elected in time
 * @throws {ProtocolError} `UNKNOWN_ELECTION`
 */
export async function startProofOfEfficiency(
  provider: JsonRpcProvider,
  deployer: NonceManager,
  users: readonly UserName[],
  elected?: Elected,
): Promise<PoeDevnet> {
  const deployed = await deployProofOfEfficiency(deployer, {
    parameters: { ...POE_PARAMETERS, ...electionParameters(elected?.election) },
    ...(elected === undefined ? {} : { election: elected.election }),
  });
  const { rollup, deploymentBlock } = deployed;
  // Before the users' deposits: their deadlines would pass meanwhile.
  const elections = elected && (await Elections.join({ provider, deployed, deployer }));
  await elections?.begin(elected!.mine);
  const observer = await Observer.open("Proof of Efficiency", provider, rollup, deploymentBlock);
  for (const party of ["sequencer-1", "sequencer-2", "mallory"] satisfies Party[]) {
    await deposit(observer.node, deployer, party, STAKE, STAKE);
  }
  return { deployed, observer, elections, users: await openAccounts(observer, provider, users) };
}

/** A rollup of B52 with the escrow of its builders. */
export interface B52Devnet extends DevnetRollup<B52Node> {
  readonly escrow: string;
}

/** Deploys a rollup of B52 and an escrow, and gives proposers, provers, the builder and the pool their tokens. */
export async function startB52(
  provider: JsonRpcProvider,
  deployer: NonceManager,
  users: readonly UserName[],
  times: ProvingTimes,
): Promise<B52Devnet> {
  const deployed = await deployB52(deployer, { parameters: b52Parameters(times) });
  const { rollup, deploymentBlock } = deployed;
  const { escrow } = await deployBuilderEscrow(deployer, deployed);
  const observer = await Observer.open("B52", provider, rollup, deploymentBlock);
  const { token, consensus } = observer.node.system;
  await mined(token.connect(deployer).approve(consensus, POOL));
  await mined(consensus.connect(deployer).fundPool(POOL));
  for (const party of NODES.b52) {
    // A proposer deposits its bids by itself, and a builder its payments. A prover demands hidden votes from its deposit.
    if (isProver(party)) await deposit(observer.node, deployer, party, PROVER, VOTE_DEPOSITS);
    else if (party !== "b52-follower") await mined(token.connect(deployer).transfer(addressOf(party), BIDS));
  }
  return { deployed, escrow, observer, users: await openAccounts(observer, provider, users) };
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
