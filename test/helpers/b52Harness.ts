// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import {
  AbiCoder,
  concat,
  getAddress,
  keccak256,
  parseEther,
  toBeHex,
  ZeroAddress,
  zeroPadValue,
  type ContractTransactionResponse,
} from "ethers";

import { NO_RESULT } from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { profileOf } from "../../src/deployment/index.ts";
import { coreCode } from "../../tools/deployment/core.ts";
import type { B52, MockVerifier, NativeToken, DrawnProverRegistry, Rollup } from "../../typechain-types/index.ts";
import {
  contentHashOf,
  contentOf,
  hashesOf,
  openingsFor,
  proofBy,
  proveBlock,
  transcriptOf,
  type BlockRecord,
  type Claim,
  type Content,
  type Proposal,
  type ProvenBlock,
} from "./b52Block.ts";
import { openNetwork, sharedNetwork, type TestNetwork } from "./b52Network.ts";
import { createFastSigner } from "./fastSigner.ts";

/** Seconds and amounts that the tests count with, where they do not say otherwise. */
export const WINDOWS = { proposal: 120n, proof: 100n, defence: 50n };
const PARAMETERS = {
  proposalWindow: WINDOWS.proposal,
  proofWindow: WINDOWS.proof,
  defenceWindow: WINDOWS.defence,
  pipelined: false,
  fairPay: false,
  maxUncles: 2n,
  maxLeaves: 8n,
  baseFee: 7n,
  minBid: parseEther("1"),
  blockReward: parseEther("1000"),
  uncleReward: parseEther("150"),
  tip: parseEther("3"),
  voteDeposit: parseEther("2"),
  bounty: parseEther("0.1"),
  lostBurnRate: 1_000n,
  unprovenBurnRate: 2_500n,
  maxShare: 5_000n,
  targetProvers: 3n,
  minSlope: parseEther("0.1"),
  maxSlope: parseEther("10"),
};
const CORE = {
  tokenFee: parseEther("0.1"),
  forcedDeadline: 400n,
  escapeDelay: 2_000n,
  forcedFeeBase: 1_000n,
  forcedFeeStep: 1n,
};
const STAKING = {
  stake: parseEther("32"),
  exitDelay: 600n,
  slashRate: 500n,
  maxSlashRate: 4_000n,
  forgiveness: 10_000n,
  electedTickets: 0n,
  seedRounds: 0n,
};

export interface B52Options {
  readonly params?: Partial<typeof PARAMETERS & { token: string; verifier: string }>;
  readonly core?: Partial<typeof CORE>;
  readonly staking?: Partial<typeof STAKING>;
  /** Put into the pool; enough for many blocks if nothing is said. */
  readonly pool?: bigint;
  /** Of the token. */
  readonly supply?: bigint;
  /** Those that join the registry. */
  readonly tickets?: readonly number[];
  /** Leave the core undeployed, and pool and balances empty. */
  readonly isCoreMissing?: boolean;
}

/** A proposal that a test asks for, beside what its block is to hold. */
export interface ProposalClaim extends Claim {
  /** Number of the signer; 1 if nothing is said. */
  readonly proposer?: number;
  readonly round?: bigint;
  readonly height?: bigint;
  /** Commitment hash; the head, if nothing is said. */
  readonly parent?: string;
  readonly bid?: bigint;
  readonly share?: bigint;
  /** As many as have a promise, if nothing is said. */
  readonly promisedProvers?: bigint;
  /** Of the tree that the proposal promises; that of its data, if nothing is said. */
  readonly committedLeaves?: bigint;
}

/** A block on its way. */
export interface Draft {
  readonly proposer: HardhatEthersSigner;
  readonly proposal: Proposal;
  readonly content: Content;
  readonly id: string;
}

export interface Block extends Draft, ProvenBlock {}

export interface RoundResult {
  readonly round: bigint;
  readonly parent: string;
  readonly winner: string;
  readonly uncles: string[];
  readonly proposerReward: bigint;
  readonly proversReward: bigint;
  readonly uncleNodeReward: bigint;
  readonly scores: bigint;
  readonly slope: bigint;
}

export { NO_RESULT };

/** Seconds at which the windows of a round begin and end, all half-open. */
export interface Windows {
  readonly opensAt: bigint;
  readonly proposalEnd: bigint;
  readonly proofEnd: bigint;
  readonly defenceEnd: bigint;
}

// ─── Harness ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Deployment {
  readonly network: TestNetwork;
  readonly b52: B52;
  readonly rollup: Rollup;
  readonly registry: DrawnProverRegistry;
  readonly token: NativeToken;
  readonly verifier: MockVerifier;
  readonly params: typeof PARAMETERS;
  readonly core: typeof CORE;
  readonly staking: typeof STAKING;
  readonly signers: readonly HardhatEthersSigner[];
  readonly domain: bigint;
  readonly startBlock: number;
  readonly coreInitCode: string;
}

const PROPOSERS = 9;
const BALANCE = parseEther("100000");

/** Deploys token, verifier and a B52 with its core and its registry, and fills pool and balances. */
export async function deployB52(options: B52Options = {}, on?: TestNetwork): Promise<B52Harness> {
  const testNetwork = on ?? (await sharedNetwork());
  const { ethers } = testNetwork.connection;
  const signers = await ethers.getSigners();
  const supply = options.supply ?? parseEther("1000000000");
  const token = await ethers.deployContract("NativeToken", ["Native", "NAT", supply, signers[0]!]);
  const verifier = await ethers.deployContract("MockVerifier");
  if ((options.staking?.electedTickets ?? 0n) !== 0n) await mined(verifier.setDraws(1n));
  const enforcementVerifier = await ethers.deployContract("MockEnforcementVerifier");
  const params = { ...PARAMETERS, ...options.params };
  // No bounty may be above what leaving out a node costs a proposer.
  const highest = (params.blockReward * (10_000n - params.maxShare)) / 10_000n / (2n * params.maxLeaves - 1n);
  if (options.params?.bounty === undefined && params.bounty > highest) params.bounty = highest < 0n ? 0n : highest;
  const core = { ...CORE, ...options.core };
  const staking = { ...STAKING, ...options.staking };
  const startBlock = await ethers.provider.getBlockNumber();
  const given = { ...core, enforcementVerifier: await enforcementVerifier.getAddress() };
  const profile = await profileOf(ethers.provider, await verifier.getAddress());
  const code = await coreCode(profile, given, testNetwork.coreLibraries);
  const name = staking.electedTickets === 0n ? "B52" : "DrawnB52";
  const args = [given, { token, verifier, ...params }, staking, code.codeHash];
  const { libraries } = testNetwork;
  // Both contracts have the same functions.
  const b52 = (await ethers.deployContract(name, args, { libraries })) as unknown as B52;
  const isCoreMissing = options.isCoreMissing === true;
  if (!isCoreMissing) await mined(b52.deployCore(code.initCode));
  const rollup = await ethers.getContractAt("Rollup", await b52.ROLLUP());
  const registry = await ethers.getContractAt("DrawnProverRegistry", await b52.REGISTRY());
  const domain = isCoreMissing ? 0n : await rollup.DOMAIN();
  const fields = {
    network: testNetwork,
    b52,
    rollup,
    registry,
    token,
    verifier,
    params,
    core,
    staking,
    signers,
    domain,
  };
  const harness = new B52Harness({ ...fields, startBlock, coreInitCode: code.initCode });
  if (isCoreMissing) {
    await mined(token.approve(b52, supply));
    return harness;
  }
  const pool = options.pool ?? parseEther("1000000");
  await mined(token.approve(b52, supply));
  if (pool > 0n) await mined(b52.fundPool(pool));
  for (let i = 1; i <= PROPOSERS; i++) await harness.fund(i, BALANCE);
  await harness.join(...(options.tickets ?? []));
  return harness;
}

const fresh = new Map<string, Promise<{ readonly harness: B52Harness; readonly undo: () => Promise<void> }>>();

/**
 * As `deployB52`, but deploys once for each set of options, on a network of its own, and puts that back to where it was
 * after the deployment: all that was done since with the same options is gone.
 */
export async function freshB52(options: B52Options = {}): Promise<B52Harness> {
  const key = JSON.stringify(options, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  const known = fresh.get(key);
  if (known !== undefined) {
    const { harness, undo } = await known;
    await undo();
    return harness;
  }
  const first = openFresh(options);
  fresh.set(key, first);
  return (await first).harness;
}

async function openFresh(options: B52Options): Promise<{ harness: B52Harness; undo: () => Promise<void> }> {
  const network = await openNetwork();
  const harness = await deployB52(options, network);
  const snapshot = await network.connection.networkHelpers.takeSnapshot();
  const undo = async (): Promise<void> => {
    await snapshot.restore();
    network.clock.reset();
  };
  return { harness, undo };
}

/** A B52 with MockVerifier, and the parties around it. */
export class B52Harness {
  readonly network: TestNetwork;
  readonly b52: B52;
  readonly rollup: Rollup;
  readonly registry: DrawnProverRegistry;
  readonly token: NativeToken;
  readonly verifier: MockVerifier;
  readonly params: typeof PARAMETERS;
  readonly core: typeof CORE;
  readonly staking: typeof STAKING;
  /** 0 is the deployer, who has the tokens; 1 … 9 have a balance and may propose; 10 … 19 own tickets. */
  readonly signers: readonly HardhatEthersSigner[];
  readonly domain: bigint;
  readonly startBlock: number;
  /** Argument of `deployCore`. */
  readonly coreInitCode: string;

  constructor(deployment: Deployment) {
    ({
      network: this.network,
      b52: this.b52,
      rollup: this.rollup,
      registry: this.registry,
      token: this.token,
      verifier: this.verifier,
      params: this.params,
      core: this.core,
      staking: this.staking,
      signers: this.signers,
      domain: this.domain,
      startBlock: this.startBlock,
      coreInitCode: this.coreInitCode,
    } = deployment);
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next transaction is mined at `time`; all others when the one before was. */
  at(time: bigint): this {
    this.network.clock.at(time);
    return this;
  }

  /** Mines an empty block at `time` if it is later than the last. */
  async moveTo(time: bigint): Promise<void> {
    await this.network.clock.moveTo(time);
  }

  async now(): Promise<bigint> {
    return this.network.clock.now();
  }

  /** Windows of the round of a height, by default the next one. */
  async windows(height?: bigint): Promise<Windows> {
    const { opensAt } = await this.b52.roundOf(height ?? (await this.b52.height()) + 1n);
    return this.windowsFrom(opensAt);
  }

  windowsFrom(opensAt: bigint): Windows {
    const proposalEnd = opensAt + this.params.proposalWindow;
    const proofEnd = proposalEnd + this.params.proofWindow;
    return { opensAt, proposalEnd, proofEnd, defenceEnd: proofEnd + this.params.defenceWindow };
  }

  // ── Parties ────────────────────────────────────────────────────────────────────────────────────────────────────────

  signer(i: number): HardhatEthersSigner {
    const signer = this.signers[i];
    if (signer === undefined) throw new Error(`there is no signer ${i}`);
    return signer;
  }

  address(i: number): string {
    return this.signer(i).address;
  }

  /** Gives a signer tokens, which it deposits. */
  async fund(i: number, amount: bigint): Promise<void> {
    const signer = this.signer(i);
    if (i !== 0) await mined(this.token.transfer(signer, amount));
    await mined(this.token.connect(signer).approve(this.b52, amount));
    await mined(this.b52.connect(signer).deposit(amount));
  }

  /** Owner of a ticket. */
  owner(ticket: number): HardhatEthersSigner {
    return this.signer(10 + (ticket % 10));
  }

  /** Where a ticket's earnings go: an address of its own. */
  payout(ticket: number): string {
    return getAddress(toBeHex(0xbeef0000 + ticket, 20));
  }

  /** Registers tickets, each with a key and a payout address of its own. */
  async join(...tickets: number[]): Promise<void> {
    for (const ticket of tickets) {
      const owner = this.owner(ticket);
      const { x, y } = createFastSigner(`ticket ${ticket}`).publicKey;
      await mined(this.token.transfer(owner, this.staking.stake));
      await mined(this.token.connect(owner).approve(this.registry, this.staking.stake));
      await mined(this.registry.connect(owner).join(ticket, x, y, this.payout(ticket)));
    }
  }

  // ── Forced operations ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Queues forced exits, and gives their slots. */
  async force(count = 1): Promise<string[]> {
    const slots: string[] = [];
    for (let i = 0; i < count; i++) {
      const value = await this.rollup.forcedFee();
      const receipt = await mined(this.rollup.connect(this.signer(18)).forceExit(1, 0, 5n, { value }));
      const [event] = await this.rollup.queryFilter(this.rollup.filters.ForcedOperationQueued(), receipt.blockNumber);
      if (event === undefined) throw new Error("nothing was queued");
      slots.push(event.args.slot);
    }
    return slots;
  }

  // ── Blocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A proposal for the window that is open, or, if none is, for the round that a commit would open. */
  async draft(claim: ProposalClaim = {}): Promise<Draft> {
    const [round, height] = await this.b52.openRound();
    return this.draftFor({ round, height, parent: await this.b52.head(), ...claim });
  }

  draftFor(claim: ProposalClaim & { readonly round: bigint; readonly height: bigint; readonly parent: string }): Draft {
    const content = contentOf(claim);
    const proposer = this.signer(claim.proposer ?? 1);
    const tickets = new Set(Object.values(claim.promised ?? {}));
    const proposal = {
      proposer: proposer.address,
      round: claim.round,
      height: claim.height,
      parent: claim.parent,
      contentHash: contentHashOf(content),
      bid: claim.bid ?? this.params.minBid,
      share: claim.share ?? this.params.maxShare,
      leaves: claim.committedLeaves ?? BigInt(content.leaves),
      promisedProvers: claim.promisedProvers ?? BigInt(tickets.size),
      transcript: transcriptOf(content),
    };
    return { proposer, proposal, content, id: hashesOf(this.domain, proposal).id };
  }

  /** Sends a commitment. */
  sendCommit(draft: Draft, parentProposer: string = ZeroAddress): Promise<ContractTransactionResponse> {
    return this.b52.connect(draft.proposer).commit(draft.proposal, parentProposer);
  }

  /** Commits to a new proposal. */
  async commit(claim: ProposalClaim = {}): Promise<Draft> {
    const draft = await this.draft(claim);
    await mined(this.sendCommit(draft));
    return draft;
  }

  /** The proofs of a draft, on top of the state at hand. */
  async prove(draft: Draft): Promise<Block> {
    const { opensAt } = await this.b52.roundOf(draft.proposal.height);
    // Where tickets are drawn, with the round's draw in it.
    const registryRoot = await this.b52.registryRootOf(draft.proposal.height);
    const { proposalEnd, defenceEnd } = this.windowsFrom(opensAt);
    const proven = proveBlock(draft.proposal, draft.content, {
      domain: this.domain,
      baseFee: this.params.baseFee,
      timestamp: proposalEnd,
      stateRoot: await this.rollup.stateRoot(),
      registryRoot,
      defenceEnd,
    });
    return { ...draft, ...proven };
  }

  /** The draw of a round that was opened; 0 if tickets are not drawn. */
  async drawOf(round: bigint): Promise<bigint> {
    const [drawn] = await this.registry.queryFilter(this.registry.filters.RoundDrawn(round), this.startBlock);
    return drawn?.args.draw ?? 0n;
  }

  sendSubmit({ proposal, submission }: Block, from = 0): Promise<ContractTransactionResponse> {
    return this.b52.connect(this.signer(from)).submit(proposal, submission);
  }

  /** Moves to the proof window if need be, and proves. */
  async submit(draft: Draft): Promise<Block> {
    await this.moveTo((await this.windows(draft.proposal.height)).proposalEnd);
    const block = await this.prove(draft);
    await mined(this.sendSubmit(block));
    return block;
  }

  sendAdvance({ record, transition }: ProvenBlock, from = 0): Promise<ContractTransactionResponse> {
    return this.b52.connect(this.signer(from)).advanceState(record, transition);
  }

  /** Moves to the end of the current round if need be, and makes `block` the head. */
  async advance(block: Block): Promise<RoundResult> {
    await this.moveTo((await this.windows()).proofEnd);
    await mined(this.sendAdvance(block));
    return this.resultOf(block.proposal.round);
  }

  /** A whole round: commits, proves and advances. The claim that wins is found by the contract. */
  async round(...claims: ProposalClaim[]): Promise<{ blocks: Block[]; winner: Block; result: RoundResult }> {
    const drafts: Draft[] = [];
    for (const [i, claim] of claims.entries()) drafts.push(await this.commit({ proposer: 1 + i, ...claim }));
    const blocks: Block[] = [];
    for (const draft of drafts) blocks.push(await this.submit(draft));
    const [ranked] = await this.b52.ranking();
    const winner = blocks.find(({ proposal }) => proposal.proposer === ranked[0]);
    if (winner === undefined) throw new Error("nothing was ranked");
    return { blocks, winner, result: await this.advance(winner) };
  }

  /** How a round ended, from its event; `NO_RESULT` if it has none. */
  async resultOf(round: bigint): Promise<RoundResult> {
    const [event] = await this.b52.queryFilter(this.b52.filters.RoundEnded(round), this.startBlock);
    if (event === undefined) return NO_RESULT;
    const { result } = event.args;
    return {
      round: result.round,
      parent: result.parent,
      winner: result.winner,
      uncles: [...result.uncles],
      proposerReward: result.proposerReward,
      proversReward: result.proversReward,
      uncleNodeReward: result.uncleNodeReward,
      scores: result.scores,
      slope: result.slope,
    };
  }

  sendSettle({ proposal }: Draft, result: RoundResult): Promise<ContractTransactionResponse> {
    return this.b52.settle(proposal, result);
  }

  /**
   * Settles drafts. The first draft of a failed round closes it, so there is no event with its result yet. A winner was
   * settled when the state advanced.
   */
  async settle(...drafts: Draft[]): Promise<void> {
    for (const draft of drafts) {
      const { round } = draft.proposal;
      const result = await this.resultOf(round);
      if (result.winner === draft.proposal.proposer) continue;
      const failed = { ...NO_RESULT, round, parent: await this.b52.head() };
      await mined(this.sendSettle(draft, result.round === 0n ? failed : result));
    }
  }

  async sendPay({ record }: ProvenBlock): Promise<ContractTransactionResponse> {
    return this.b52.payRewards(await this.resultOf(record.round), record);
  }

  async pay(...blocks: ProvenBlock[]): Promise<void> {
    for (const block of blocks) await mined(this.sendPay(block));
  }

  async sendSlash({ record }: ProvenBlock, node: number, from = 0): Promise<ContractTransactionResponse> {
    return this.b52.connect(this.signer(from)).slash(await this.resultOf(record.round), record, node);
  }

  sendDemand({ record }: ProvenBlock, node: number, from = 1): Promise<ContractTransactionResponse> {
    return this.b52.connect(this.signer(from)).demandVotes(record, node);
  }

  /** Shows the votes that a proof of `node` needs. */
  sendShow({ record }: ProvenBlock, node: number, from = 0): Promise<ContractTransactionResponse> {
    return this.b52.connect(this.signer(from)).showVotes(record, node, openingsFor(node));
  }

  sendClose({ record }: ProvenBlock, node: number): Promise<ContractTransactionResponse> {
    return this.b52.closeDemand(record, node);
  }

  /** Shows a proof of `node` by `ticket`. */
  sendDefend(block: ProvenBlock, node: number, ticket: number, digest = 99n): Promise<ContractTransactionResponse> {
    return this.b52.defend(block.record, block.statements, node, proofBy(ticket, block, node, digest), digest);
  }

  /** Expects the contract to hold exactly what it owes. */
  async expectSolvent(): Promise<void> {
    const owed = Object.values(await this.owed()).reduce((sum, part) => sum + part);
    expect(await this.token.balanceOf(this.b52)).to.equal(owed);
  }

  /** Hash of a record, of which the contract keeps the first 26 bytes. */
  recordHash(record: BlockRecord): string {
    return keccak256(
      AbiCoder.defaultAbiCoder().encode([this.b52.interface.getFunction("payRewards").inputs[1]!], [record]),
    );
  }

  /** Hash of a result, of which the contract keeps the first 27 bytes. */
  resultHash(result: RoundResult): string {
    return keccak256(
      AbiCoder.defaultAbiCoder().encode([this.b52.interface.getFunction("payRewards").inputs[0]!], [result]),
    );
  }

  /** The first 27 bytes of it, as errors show them. */
  keptResult(result: RoundResult): string {
    return `${this.resultHash(result).slice(0, 56)}${"00".repeat(5)}`;
  }

  // ── Money ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  balance(i: number): Promise<bigint> {
    return this.b52.balances(this.address(i));
  }

  earned(ticket: number): Promise<bigint> {
    return this.b52.balances(this.payout(ticket));
  }

  /** Everybody takes out what is theirs. */
  async withdrawAll(): Promise<void> {
    const { ethers, networkHelpers } = this.network.connection;
    for (const [account, balance] of await this.#balances()) {
      if (balance === 0n) continue;
      // For gas. An account with more keeps its balance: the deployer, for instance, whom a bounty gives a balance.
      if ((await ethers.provider.getBalance(account)) < parseEther("1")) {
        await networkHelpers.setBalance(account, parseEther("1"));
      }
      await mined(this.b52.connect(await ethers.getImpersonatedSigner(account)).withdraw(balance));
    }
  }

  /** Of all who may have one. */
  async #balances(): Promise<readonly (readonly [account: string, balance: bigint])[]> {
    const accounts = new Set(this.signers.map(({ address }) => address));
    for (let ticket = 1; ticket <= 247; ticket++) accounts.add(this.payout(ticket));
    accounts.add((await this.network.connection.ethers.provider.getBlock("latest"))!.miner);
    const to = await this.b52.getAddress();
    const { selector } = this.b52.interface.getFunction("balances");
    const balances: [string, bigint][] = [];
    for (const account of accounts) {
      // A contract of ethers takes three times as long, and these are some 270 calls.
      const params = [{ to, data: concat([selector, zeroPadValue(account, 32)]) }, "latest"];
      const balance = (await this.network.connection.provider.request({ method: "eth_call", params })) as string;
      balances.push([account, BigInt(balance)]);
    }
    return balances;
  }

  /**
   * The contract's debts by the events: balances, bids in escrow, deposits of demands, pool, amounts to be burned, and
   * rewards that are reserved and not paid. It has to hold exactly this.
   */
  async owed(): Promise<Record<"balances" | "escrow" | "deposits" | "pool" | "toBurn" | "reserved", bigint>> {
    const { b52, startBlock } = this;
    let balances = 0n;
    for (const [, balance] of await this.#balances()) balances += balance;

    let escrow = 0n;
    for (const { args } of await b52.queryFilter(b52.filters.ProposalCommitted(), startBlock)) {
      escrow += args.proposal.bid;
    }
    for (const { args } of await b52.queryFilter(b52.filters.CommitmentSettled(), startBlock)) {
      escrow -= args.returned + args.burned;
    }
    let reserved = 0n;
    const unpaid = new Map<string, bigint>();
    // A block may be proven again, by a better submission.
    const events = await b52.queryFilter(b52.filters.BlockProven(), startBlock);
    const proven = [...new Map(events.map((event) => [`${event.args.round} ${event.args.proposer}`, event])).values()];
    for (const { args } of await b52.queryFilter(b52.filters.RoundEnded(), startBlock)) {
      const { round, winner, uncles, proposerReward, proversReward, uncleNodeReward } = args.result;
      // With fair pay each block's part is rounded down, and what that leaves stays reserved.
      if (this.params.fairPay) reserved += proversReward;
      for (const { args: block } of proven) {
        if (block.round !== round) continue;
        const { proposer } = block;
        let part = 0n;
        if (proposer === winner) {
          part += proposerReward;
          escrow -= block.record.bid;
        }
        if (this.params.fairPay) {
          const own = args.result.scores === 0n ? 0n : (proversReward * block.score) / args.result.scores;
          reserved -= own;
          part += own;
        } else if (proposer === winner) {
          part += proversReward;
        }
        if (uncles.includes(proposer)) part += uncleNodeReward * (2n * this.params.maxLeaves - 1n);
        unpaid.set(`${round} ${proposer}`, part);
      }
    }
    for (const { args } of await b52.queryFilter(b52.filters.RewardsPaid(), startBlock)) {
      unpaid.delete(`${args.round} ${args.proposer}`);
    }
    for (const part of unpaid.values()) reserved += part;
    for (const { args } of await b52.queryFilter(b52.filters.RewardsLapsed(), startBlock)) reserved -= args.amount;
    const [pool, toBurn] = await b52.treasury();
    const demands = await b52.queryFilter(b52.filters.VotesDemanded(), startBlock);
    const closed = await b52.queryFilter(b52.filters.DemandClosed(), startBlock);
    const deposits = this.params.voteDeposit * BigInt(demands.length - closed.length);
    return { balances, escrow, deposits, pool, toBurn, reserved };
  }
}
