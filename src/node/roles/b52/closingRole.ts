// SPDX-License-Identifier: MIT
import {
  creditedTickets,
  isSameAddress,
  Migrator,
  submissionOf,
  type Chore,
  type ProvenBlock,
} from "../../../agents/index.ts";
import type { Prover } from "../../../prover/index.ts";
import {
  assemblyOf,
  chooseChore,
  decideAdvance,
  decideSubmit,
  nodesIn,
  type SubmitDecision,
  type SubmittingStrategy,
} from "../../strategies/index.ts";
import type { Outbox } from "../../outbox/index.ts";
import { readBlockHeader } from "../../../chain/index.ts";
import { headOf } from "../l1.ts";
import type { OutboxSigner } from "../outboxSigner.ts";
import type { Turn } from "../turn.ts";
import { B52_GAS } from "./desk.ts";
import { nodePayOf, treasuryOf, type B52Decision, type B52Setting, type Treasury } from "./setting.ts";
import type { OpenBlock } from "./workshop.ts";

export interface ClosingRoleOptions {
  readonly strategy: SubmittingStrategy;
  /** Of this node; undefined if it has none. */
  readonly ticket: number | undefined;
  /** Proves departures that L1 waits for; undefined if this node does not prove. */
  readonly departing?: {
    readonly prover: Prover;
    readonly outbox: Outbox;
    /** Of the outbox, and of nobody else. */
    readonly signer: OutboxSigner;
    readonly proving: Turn;
    readonly sending: ConstructorParameters<typeof Migrator>[4];
  };
}

/**
 * Submits proven blocks, own and others', advances the state, and gets money back, when the proofs are there (B52, Phase 5). Anybody with the content can finish the block of a proposer that has vanished.
 */
export class ClosingRole {
  readonly #setting: B52Setting;
  readonly #options: ClosingRoleOptions;

  constructor(setting: B52Setting, options: ClosingRoleOptions) {
    this.#setting = setting;
    this.#options = options;
  }

  /**
   * Looks once, and does what is most urgent: a submission, the end of a round, or a payment.
   *
   * @throws {ProtocolError} as `Outbox.enqueue`
   */
  async step(): Promise<B52Decision> {
    const { node, workshop } = this.#setting;
    const { now, gasPrice } = await headOf(node.system.provider);
    const advanced = await this.#advance(now);
    if (advanced.do !== "wait") return advanced;
    if (node.dueDeparture !== undefined && !node.isFrozen) {
      const departed = await this.#depart(node.dueDeparture.request.id);
      if (departed !== undefined) return departed;
    }
    const treasury = await treasuryOf(node);
    let why: string | undefined;
    for (const { id, proposal } of workshop.commitments) {
      workshop.fetch(id, proposal, now);
      const block = workshop.open(id, proposal);
      if (block === undefined) continue;
      const decision = await this.#submit(block, now, gasPrice, treasury);
      if (decision.do === "submit") return decision;
      if (decision.do === "wait") why ??= decision.why;
    }
    const done = await this.#doChore(now, gasPrice, treasury);
    if (done !== undefined) return done;
    // Last: whatever an endpoint gives for a header, it holds up nothing else.
    return (await this.#seal(now)) ? { do: "seal" } : { do: "wait", why: why ?? "nothing" };
  }

  /** Seals the seed of the next rounds, where tickets are drawn (docs/b52.md §11). @returns whether a call was sent now */
  async #seal(now: number): Promise<boolean> {
    const { node, desk } = this.#setting;
    if (node.staking.electedTickets === 0n || node.isFrozen) return false;
    const { registry, provider } = node.system;
    const { nextBlock, isSealed } = await registry.drawState();
    if (nextBlock === 0n || isSealed || desk.isBusy(sealName(nextBlock), now)) return false;
    if (BigInt(await provider.getBlockNumber()) <= nextBlock) return false;
    const header = await readBlockHeader(provider, nextBlock);
    if (header === undefined) return false;
    return desk.send(sealName(nextBlock), now, () => registry.sealByHeader.populateTransaction(header));
  }

  async #submit(
    block: OpenBlock,
    now: number,
    gasPrice: bigint,
    treasury: Treasury,
  ): Promise<SubmitDecision | B52Decision> {
    const { node, desk, workshop } = this.#setting;
    const { ticket, strategy } = this.#options;
    const { proposal, promised, tree } = block;
    const recorded = node.findProven(proposal.round, proposal.proposer)?.record.nodes;
    const closesAt = Number(node.proofWindowOf(proposal.round).closesAt);
    // Proofs of others that this node has not heard of.
    if (now >= closesAt - 4 * strategy.margin) workshop.fetchProofs(block, now);
    const assembly = assemblyOf({ leaves: tree.size, promised, proofs: workshop.known(block) });
    const holders = [...new Set(promised.filter((holder) => holder !== 0))].sort((a, b) => a - b);
    const place = ticket === undefined ? -1 : holders.indexOf(ticket);
    const { reward } = treasury;
    const decision = decideSubmit(
      {
        ...{ now, isFrozen: node.isFrozen, closesAt, assembly },
        isOwn: isSameAddress(proposal.proposer, desk.address),
        order: place < 0 ? holders.length : place,
        promised: bitmapOf(promised, (holder) => holder !== 0),
        recorded: recorded === undefined ? undefined : BigInt(recorded) & 0xffffn,
        ownNodes: bitmapOf(promised, (holder) => holder !== 0 && holder === ticket),
        nodePay: nodePayOf(reward, proposal.share, tree.size),
        proposerPay: (reward * (10_000n - proposal.share)) / 10_000n,
        cost: B52_GAS.submit(2 * tree.size - 1) * gasPrice,
        isDepartureDue: node.dueDeparture !== undefined,
      },
      strategy,
    );
    if (decision.do === "wait" || assembly === undefined) return decision;
    const proofs = assembly.proofs.map((proof) => workshop.nodeProof(block, proof));
    const { content, transcript, data, includeList } = block;
    const { consensus, profile } = node.system;
    // L1 has the hash of these alone.
    const submission = submissionOf(
      { content: { ...content, dataHash: "", includeListHash: "" }, transcript, data, includeList },
      proofs,
      profile.slots,
    );
    const name = `submit ${proposal.round} ${proposal.proposer.toLowerCase()} ${assembly.credited.toString(16)}`;
    const isSent = await desk.send(name, now, () => consensus.submit.populateTransaction(proposal, submission));
    return isSent ? decision : { do: "wait", why: "submitted" };
  }

  async #advance(now: number): Promise<B52Decision> {
    const { node, desk } = this.#setting;
    const [winner] = node.virtualBatches;
    const closedAt = winner && Number(node.proofWindowOf(winner.proposal.round).closesAt);
    const holders = winner === undefined ? [] : [...creditedTickets(winner.record)].sort((a, b) => a - b);
    const { ticket } = this.#options;
    const isProposer = winner !== undefined && isSameAddress(winner.proposal.proposer, desk.address);
    const place = ticket === undefined ? -1 : holders.indexOf(ticket);
    const decision = decideAdvance({
      ...{ now, isFrozen: node.isFrozen, closedAt, isPaid: isProposer || place >= 0 },
      order: isProposer ? 0 : 1 + (place >= 0 ? place : (ticket ?? 0) % 8),
    });
    if (decision.do === "wait" || winner === undefined) return decision;
    const { consensus } = node.system;
    const isSent = await desk.send(`advance ${winner.proposal.height}`, now, () =>
      consensus.advanceState.populateTransaction(winner.record, winner.transition),
    );
    return isSent ? decision : { do: "wait", why: "advancing" };
  }

  /** Proves the departure that L1 waits for; undefined if this node does not prove, or does so already. */
  async #depart(id: number): Promise<B52Decision | undefined> {
    const { departing } = this.#options;
    if (departing === undefined || departing.proving.isTaken) return undefined;
    const { prover, outbox, signer, proving, sending } = departing;
    const name = `depart ${id}`;
    if (outbox.inFlight(this.#setting.node.block).some((purpose) => purpose.startsWith(name))) return undefined;
    signer.purpose = outbox.freshPurpose(name);
    const migrator = new Migrator(this.#setting.node, signer, prover, undefined, sending);
    await proving.take(() => migrator.depart());
    return { do: "depart" };
  }

  async #doChore(now: number, gasPrice: bigint, { reward }: Treasury): Promise<B52Decision | undefined> {
    const { node, desk } = this.#setting;
    const own = node.chores
      .map((chore) => ({ chore, amount: this.#amountOf(chore, reward), name: nameOf(chore) }))
      .filter(({ amount, name }) => amount !== undefined && !desk.isBusy(name, now));
    const views = own.map(({ chore, amount = 0n }) => ({
      ...{ amount, cost: B52_GAS[chore.kind] * gasPrice },
      isInTheWay: chore.kind === "settle",
    }));
    const chosen = chooseChore(views, this.#options.strategy);
    if (chosen === undefined) return undefined;
    const { chore, name } = own[chosen]!;
    const { consensus } = node.system;
    const isSent = await desk.send(name, now, () => {
      if (chore.kind === "settle") return consensus.settle.populateTransaction(chore.proposal, chore.result);
      if (chore.kind === "pay") return consensus.payRewards.populateTransaction(chore.result, chore.block.record);
      return consensus.closeDemand.populateTransaction(chore.block.record, chore.node);
    });
    return isSent ? { do: chore.kind } : undefined;
  }

  /** Amount that this account gets by a chore, in the native token; undefined if it gets nothing. */
  #amountOf(chore: Chore, reward: bigint): bigint | undefined {
    const { desk, node } = this.#setting;
    const { ticket } = this.#options;
    if (chore.kind === "settle") {
      return isSameAddress(chore.proposal.proposer, desk.address) ? chore.proposal.bid : undefined;
    }
    if (chore.kind === "close") {
      const isParty = chore.parties.some((party) => isSameAddress(party, desk.address));
      return isParty ? node.parameters.voteDeposit : undefined;
    }
    const { proposal, record } = chore.block;
    const isWinner = isSameAddress(chore.result.winner as string, proposal.proposer);
    const credited = BigInt(record.nodes) & 0xffffn;
    const nodes = nodesIn(credited).filter((at) => ticket !== undefined && ticketAt(record, at) === ticket).length;
    const pay = isWinner
      ? nodePayOf(reward, proposal.share, Number(record.leaves))
      : BigInt(chore.result.uncleNodeReward);
    const isProposer = isSameAddress(proposal.proposer, desk.address) && isWinner;
    const promised = nodesIn(0xfffen).filter((at) => ticketAt(record, at) !== 0).length;
    const forProposer =
      isProposer && promised > 0
        ? (BigInt(chore.result.proposerReward) * BigInt(nodesIn(credited).length)) / BigInt(promised)
        : 0n;
    const amount = pay * BigInt(nodes) + forProposer;
    return amount > 0n ? amount : undefined;
  }
}

const ticketAt = ({ promised }: ProvenBlock["record"], node: number): number =>
  Number((BigInt(promised) >> BigInt(8 * node)) & 0xffn);

/** The nodes whose holders are wanted. */
const bitmapOf = (promised: readonly number[], isWanted: (holder: number) => boolean): bigint =>
  promised.reduce((bitmap, holder, node) => (isWanted(holder) ? bitmap | (1n << BigInt(node)) : bitmap), 0n);

function nameOf(chore: Chore): string {
  if (chore.kind === "settle") return `settle ${chore.proposal.round}`;
  const { round, proposer } = chore.block.proposal;
  const block = `${round} ${proposer.toLowerCase()}`;
  return chore.kind === "pay" ? `pay ${block}` : `close ${block} ${chore.node}`;
}

const sealName = (block: bigint): string => `seal ${block}`;
