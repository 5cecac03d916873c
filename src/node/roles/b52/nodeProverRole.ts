// SPDX-License-Identifier: MIT
import { isSameAddress } from "../../../agents/index.ts";
import type { Prover } from "../../../prover/index.ts";
import type { ProofMessage } from "../../network/index.ts";
import { decideNodeProof, scoreOf, type NodeProvingStrategy, type TreeView } from "../../strategies/index.ts";
import { headOf } from "../l1.ts";
import type { Turn } from "../turn.ts";
import { nodePayOf, treasuryOf, type B52Decision, type B52Setting, type Treasury } from "./setting.ts";
import type { OpenBlock } from "./workshop.ts";

export interface NodeProverRoleOptions {
  readonly strategy: NodeProvingStrategy;
  /** Undefined for a proposer without a ticket, which fills gaps of its own blocks. */
  readonly ticket: number | undefined;
  readonly prover: Prover;
  /** The turn of those who prove. */
  readonly proving: Turn;
}

/** Proves what was promised, and what is missing when that pays, and passes it on (B52, Phase 4). One proof a step. */
export class NodeProverRole {
  readonly #setting: B52Setting;
  readonly #options: NodeProverRoleOptions;

  constructor(setting: B52Setting, options: NodeProverRoleOptions) {
    this.#setting = setting;
    this.#options = options;
  }

  /**
   * Looks once, and proves a node if it is time. The proof is on the disk before it is passed on.
   *
   * @throws {ProtocolError} as `ProofTree.prove`, and as `Database.transaction`
   */
  async step(): Promise<B52Decision> {
    const { node, store, workshop } = this.#setting;
    const { strategy, ticket, prover, proving } = this.#options;
    if (proving.isTaken) return { do: "wait", why: "proving" };
    const { times } = store;
    if (times === undefined) return { do: "wait", why: "unmeasured" };
    const { now } = await headOf(node.system.provider);
    const treasury = await treasuryOf(node);
    const blocks = new Map<string, OpenBlock>();
    for (const { id, proposal } of workshop.commitments) {
      workshop.fetch(id, proposal, now);
      const block = workshop.open(id, proposal);
      if (block === undefined) continue;
      blocks.set(id, block);
      if (await this.#tellAgain(id)) return { do: "publish" };
      const closesAt = Number(node.proofWindowOf(proposal.round).closesAt);
      if (now >= closesAt - 6 * strategy.margin) workshop.fetchProofs(block, now);
    }
    const trees = [...blocks.values()].map((block) => this.#treeView(block, treasury));
    const decision = decideNodeProof({ now, isFrozen: node.isFrozen, ticket: ticket ?? 0, times, trees }, strategy);
    if (decision.do === "wait") return decision;
    const block = blocks.get(decision.id)!;
    const made = await proving.take(() =>
      workshop.prove(prover, block, decision.node, decision.worker, decision.children),
    );
    if (made === undefined) return { do: "wait", why: "proving" };
    store.recordTime(made.circuit, made.seconds);
    store.saveProof(block.proposal.round, made.message);
    await this.#tell(made.message);
    return { do: "prove", why: decision.why };
  }

  #treeView(block: OpenBlock, { reward, rule }: Treasury): TreeView {
    const { node, desk, workshop } = this.#setting;
    const { id, proposal, promised, tree } = block;
    const { bid, share, promisedProvers, proposer, round } = proposal;
    const recorded = node.findProven(round, proposer)?.record.nodes;
    const isOwn = isSameAddress(proposer, desk.address);
    const burned = (bid * node.parameters.unprovenBurnRate) / 10_000n;
    return {
      ...{ id, promised, leaves: tree.size, closesAt: Number(node.proofWindowOf(round).closesAt) },
      score: scoreOf(Number(promisedProvers), bid, rule),
      proofs: workshop.known(block),
      nodePay: nodePayOf(reward, share, tree.size),
      stake: isOwn ? burned + (reward * (10_000n - share)) / 10_000n : 0n,
      isDone: recorded !== undefined && BigInt(recorded) >> 16n === 0n,
    };
  }

  /** Tells the proofs of a block that the network has not taken yet. @returns whether it took one now */
  async #tellAgain(id: string): Promise<boolean> {
    let hasTold = false;
    for (const proof of this.#setting.store.proofsOf(id)) hasTold = (await this.#tell(proof)) || hasTold;
    return hasTold;
  }

  async #tell(proof: ProofMessage): Promise<boolean> {
    const { book, teller } = this.#setting;
    book.remember(proof);
    return teller.tell(proofName(proof), proof);
  }
}

/** A node can be proven again for another prover, or on other children. */
const proofName = ({ id, node, worker, merge }: ProofMessage): string =>
  ["proof", id, node, worker, merge?.leftDigest, merge?.rightDigest].join(" ");
