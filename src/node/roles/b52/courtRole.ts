// SPDX-License-Identifier: MIT
import { isSameAddress, openedVotes, statementsOf, type NodeDefault, type ProvenBlock } from "../../../agents/index.ts";
import type { Prover } from "../../../prover/index.ts";
import { decideDefault, type CourtDecision, type CourtStrategy, type DefaultView } from "../../strategies/index.ts";
import { headOf } from "../l1.ts";
import type { Turn } from "../turn.ts";
import { B52_GAS } from "./desk.ts";
import { isLiable, type B52Decision, type B52Setting } from "./setting.ts";

export interface CourtRoleOptions {
  readonly strategy: CourtStrategy;
  /** Of this node; undefined if it has none. */
  readonly ticket: number | undefined;
  /** Makes defences; undefined if this node does not prove. */
  readonly prover: Prover | undefined;
  /** The turn of those who prove. */
  readonly proving: Turn;
}

/** Defends own defaults, asks for hidden votes, shows votes that others ask for, and slashes (docs/b52.md §8). */
export class CourtRole {
  readonly #setting: B52Setting;
  readonly #options: CourtRoleOptions;

  constructor(setting: B52Setting, options: CourtRoleOptions) {
    this.#setting = setting;
    this.#options = options;
  }

  /**
   * Looks once at all defaults, and acts in one of them.
   *
   * @throws {ProtocolError} as `Workshop.defence` and `Outbox.enqueue`
   */
  async step(): Promise<B52Decision> {
    const { node } = this.#setting;
    const { now, gasPrice } = await headOf(node.system.provider);
    const balance = await node.system.consensus.balances(this.#setting.desk.address);
    let why = "nothing";
    for (const block of node.provenBlocks) {
      if (now >= this.#liabilityEnd(block)) continue;
      for (const missed of node.defaultsOf(block)) {
        if (missed.isCleared) continue;
        const view = await this.#viewOf(block, missed, now, gasPrice, balance);
        const decision = decideDefault(view, this.#options.strategy);
        if (decision.do === "wait") {
          if (decision.why === "votes") this.#setting.workshop.fetchTranscript(block, now);
          if (why === "nothing") ({ why } = decision);
          continue;
        }
        if (await this.#act(decision.do, block, missed, now)) return decision;
      }
    }
    return { do: "wait", why };
  }

  #liabilityEnd({ record }: ProvenBlock): number {
    const { proposalWindow, proofWindow, defenceWindow } = this.#setting.node.parameters;
    return Number(BigInt(record.defenceEnd) + proposalWindow + proofWindow + defenceWindow);
  }

  async #viewOf(
    block: ProvenBlock,
    { node: at, ticket, isSlashed, demand }: NodeDefault,
    now: number,
    gasPrice: bigint,
    balance: bigint,
  ): Promise<DefaultView> {
    const { node, desk, workshop, store } = this.#setting;
    const { parameters } = node;
    const isInner = at < Number(block.record.leaves);
    const isOwn = ticket === this.#options.ticket;
    const { times } = store;
    const seconds = times && (isInner ? times.merge : times.leaf);
    const posted = await node.system.provider.getBlock(block.postedAt);
    return {
      ...{ now, isOwn, isSlashed, isInner, balance },
      isProposer: isSameAddress(block.proposal.proposer, desk.address),
      isLiable: isLiable(node, block),
      submittedAt: posted?.timestamp ?? now,
      defenceEnd: Number(block.record.defenceEnd),
      defenceWindow: Number(parameters.defenceWindow),
      liabilityEnd: this.#liabilityEnd(block),
      demand: demand === undefined ? "none" : demand.answerer === undefined ? "open" : "shown",
      // An answer needs the paths of the votes, so the whole transcript.
      hasVotes: isOwn ? workshop.hasVotes(block, at) : workshop.transcriptOf(block) !== undefined,
      proofSeconds: this.#options.prover === undefined ? undefined : seconds,
      ...{ voteDeposit: parameters.voteDeposit, bounty: parameters.bounty },
      order: (this.#options.ticket ?? 0) % 16,
      ...{ showCost: B52_GAS.show * gasPrice, slashCost: B52_GAS.slash * gasPrice },
    };
  }

  async #act(
    what: Exclude<CourtDecision["do"], "wait">,
    block: ProvenBlock,
    { node: at, ticket }: NodeDefault,
    now: number,
  ): Promise<boolean> {
    const { node, desk, workshop } = this.#setting;
    const { consensus } = node.system;
    const { proposer, round } = block.proposal;
    const name = `${what} ${round} ${proposer.toLowerCase()} ${at}`;
    switch (what) {
      case "demand":
        return desk.send(name, now, () => consensus.demandVotes.populateTransaction(block.record, at));
      case "show": {
        const transcript = workshop.transcriptOf(block);
        if (transcript === undefined) return false;
        const openings = openedVotes(transcript, at);
        return desk.send(name, now, () => consensus.showVotes.populateTransaction(block.record, at, openings));
      }
      case "slash": {
        const result = node.resultOf(round);
        if (result === undefined) return false;
        // One slash a ticket and round, whichever node it is for.
        return desk.send(`slash ${round} ticket ${ticket}`, now, () =>
          consensus.slash.populateTransaction(result, block.record, at),
        );
      }
      case "defend": {
        const { prover, proving } = this.#options;
        const votes = workshop.votesOf(block, at);
        if (prover === undefined || votes === undefined || desk.isBusy(name, now)) return false;
        const made = await proving.take(() => workshop.defence(prover, block, at, ticket, votes));
        if (made === undefined) return false;
        const words = [...made.words] as Parameters<typeof consensus.defend.populateTransaction>[3];
        const statements = statementsOf(block, node);
        return desk.send(name, now, () =>
          consensus.defend.populateTransaction(block.record, statements, at, words, made.digest),
        );
      }
    }
  }
}
