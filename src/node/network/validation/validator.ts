// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

import { contextOf, proposalHash } from "../../../b52/index.ts";
import type { Wanted } from "../gossip.ts";
import {
  fromProofMessage,
  type Message,
  type MessageKind,
  type ProofMessage,
  type ProposalMessage,
  type QuoteMessage,
} from "../messages/index.ts";
import type { Commitment, NetworkFacts, ProofVerifier } from "./facts.ts";
import { arePoints } from "./points.ts";
import { TopicQueues } from "./queue.ts";
import {
  judgeBlock,
  judgeDeposit,
  judgeProof,
  judgeProposal,
  judgePurchase,
  judgeQuote,
  judgeSale,
  judgeSets,
  judgeTransaction,
  judgeTranscript,
  judgeVote,
} from "./rules.ts";
import { MessageStore } from "./store.ts";
import { ACCEPT, ignore, reject, type Verdict } from "./verdict.ts";

/** Messages that wait for a decision, by kind. */
export const QUEUE_LIMITS: Readonly<Record<MessageKind, number>> = {
  transaction: 1_024,
  proposal: 256,
  vote: 1_024,
  transcript: 64,
  block: 64,
  proof: 256,
  quote: 256,
  purchase: 64,
  sale: 64,
};

/** Milliseconds that a verifier may take for a proof. */
const VERIFIER_TIMEOUT = 10_000;

/** A peer that sent a message. */
export interface Sender {
  /** Whether it was banned while the message waited. */
  isBanned(): boolean;
  /** Told how many milliseconds the decision took, without the time in the queue. */
  spend(milliseconds: number): void;
}

export interface ValidatorOptions {
  /** Milliseconds that the verifier may take for a proof. Default: 10,000. */
  readonly verifierTimeout?: number;
  /** Told of an error of this node, because of which a message was not decided. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * Decides about messages, and keeps those that it accepted. One message of each kind at a time, so that nothing that a
 * decision has seen changes before the message is kept.
 */
export class Validator {
  readonly facts: NetworkFacts;
  readonly #verifier: ProofVerifier;
  readonly #store = new MessageStore();
  readonly #queues = new TopicQueues<MessageKind>(QUEUE_LIMITS);
  readonly #verifierTimeout: number;
  readonly #onFault: (error: unknown) => void;

  constructor(facts: NetworkFacts, verifier: ProofVerifier, options: ValidatorOptions = {}) {
    const { verifierTimeout = VERIFIER_TIMEOUT, onFault = () => undefined } = options;
    this.facts = facts;
    this.#verifier = verifier;
    this.#verifierTimeout = verifierTimeout;
    this.#onFault = onFault;
  }

  /** Whether a message of this kind would be looked at now, after `others` that come before it. */
  hasRoom(kind: MessageKind, others = 0): boolean {
    return this.#queues.hasRoom(kind, others);
  }

  /**
   * Decides about a message in its turn, and keeps it if it is accepted. An error of this node is no decision, and ends in
   * `FAILED`: a message of the network stops nothing.
   *
   * @param sender the peer that sent it. Default: this node, whose messages come before those of all peers: they must not
   *   be able to keep it from being heard
   */
  async judge(message: Message, sender?: Sender): Promise<Verdict> {
    const decide = async (): Promise<Verdict> => {
      if (sender?.isBanned() === true) return ignore("BANNED");
      const start = performance.now();
      try {
        return await this.#judge(message);
      } catch (error) {
        this.#onFault(error);
        return ignore("FAILED");
      } finally {
        sender?.spend(performance.now() - start);
      }
    };
    return (await this.#queues.add(message.kind, decide, sender === undefined)) ?? ignore("OVERLOADED");
  }

  /** A message that was accepted; undefined if there is none. */
  find(wanted: Wanted): Message | undefined {
    return this.#store.find(wanted);
  }

  /** Forgets messages that nothing on L1 needs any more. To be called when the facts have changed. */
  prune(): void {
    this.#store.prune(this.facts);
  }

  /** Drops what waits for a decision. */
  close(): void {
    this.#queues.close();
  }

  async #judge(message: Message): Promise<Verdict> {
    const { facts } = this;
    const store = this.#store;
    switch (message.kind) {
      case "transaction": {
        const verdict = judgeTransaction(message);
        if (verdict.verdict !== "accept") return verdict;
        const admission = await facts.admit(message.slot);
        return admission === "taken" ? ACCEPT : ignore(admission === "known" ? "KNOWN" : "NOT_ADMITTED");
      }
      case "proposal":
        return this.#judgeProposal(message);
      case "vote": {
        const verdict = judgeVote(message, facts, store);
        const round = store.proposal(message.context)?.message.draft.round;
        if (verdict.verdict === "accept" && round !== undefined) store.addVote(round, message);
        return verdict;
      }
      case "transcript": {
        const { verdict, id, transcript } = judgeTranscript(message, facts, store);
        if (transcript !== undefined) store.addTranscript(id, message, transcript);
        return verdict;
      }
      case "block": {
        const verdict = judgeBlock(message, facts, store);
        if (verdict.verdict === "accept") store.addBlock(message);
        return verdict;
      }
      case "proof":
        return this.#judgeProof(message);
      case "quote":
        return this.#judgeQuote(message);
      case "purchase": {
        const { verdict, purchase } = judgePurchase(message, facts, store);
        if (purchase !== undefined) store.addPurchase(purchase);
        return verdict;
      }
      case "sale": {
        const verdict = judgeSale(message, facts, store);
        if (verdict.verdict === "accept") store.addSale(message);
        return verdict;
      }
    }
  }

  async #judgeProposal(message: ProposalMessage): Promise<Verdict> {
    const { facts } = this;
    const verdict = judgeProposal(message, facts, this.#store);
    if (verdict.verdict !== "accept") return verdict;
    const paid = judgeDeposit(message.draft.bid, await facts.deposit(message.draft.proposer));
    if (paid.verdict !== "accept") return paid;
    // The round may have ended while L1 was asked.
    if (facts.openRound?.round !== message.draft.round) return ignore("ROUND_NOT_OPEN");
    const context = contextOf(BigInt(proposalHash(facts.domain, message.draft)));
    this.#store.addProposal({ message, context });
    return ACCEPT;
  }

  async #judgeQuote(message: QuoteMessage): Promise<Verdict> {
    const { facts } = this;
    const { verdict, quote } = judgeQuote(message, facts, this.#store);
    if (quote === undefined) return verdict;
    const { builder, round, payment, cover } = message.quote;
    const paid = judgeDeposit(payment + cover, await facts.escrow?.usable(builder));
    if (paid.verdict !== "accept") return paid;
    // The round may have ended while L1 was asked.
    if (facts.openRound?.round !== round) return ignore("ROUND_NOT_OPEN");
    this.#store.addQuote(quote);
    return ACCEPT;
  }

  async #judgeProof(message: ProofMessage): Promise<Verdict> {
    const { facts } = this;
    const store = this.#store;
    const verdict = judgeProof(message, facts, store);
    const commitment = facts.commitment(message.id);
    if (verdict.verdict !== "accept" || commitment === undefined) return verdict;
    const tree = this.#treeOf(commitment);
    if (tree === undefined) return ignore("NOT_EXECUTABLE");
    const sets = judgeSets(message, store);
    if (sets.verdict !== "accept") return sets;
    if (!arePoints(message.words)) return reject("INVALID_POINT");
    const proof = fromProofMessage(message, tree);
    const isValid = await this.#verify(proof.circuit, proof.publicSignals, message.words);
    if (isValid === undefined) return ignore("OVERLOADED");
    if (!isValid) return reject("INVALID_PROOF");
    if (facts.commitment(message.id) === undefined) return ignore("UNKNOWN_COMMITMENT");
    store.addProof({ message, proof });
    return ACCEPT;
  }

  /** The block as this node executes it: once for each commitment. */
  #treeOf(commitment: Commitment): ReturnType<MessageStore["tree"]> {
    const store = this.#store;
    const { id } = commitment;
    const [known, block, transcript] = [store.tree(id), store.block(id), store.transcript(id)];
    if (known !== undefined || block === undefined || transcript === undefined) return known;
    const tree = this.facts.execute(commitment, block, transcript);
    if (tree !== undefined) store.addTree(id, tree);
    return tree;
  }

  /** Undefined if the verifier failed or took too long: that is not the sender's fault. */
  async #verify(...parameters: Parameters<ProofVerifier["verify"]>): Promise<boolean | undefined> {
    const timer = new AbortController();
    const late = sleep(this.#verifierTimeout, undefined, { ref: false, signal: timer.signal }).catch(() => undefined);
    try {
      return await Promise.race([this.#verifier.verify(...parameters), late]);
    } catch {
      return undefined;
    } finally {
      timer.abort();
    }
  }
}
