// SPDX-License-Identifier: MIT
import { getBytes, keccak256 } from "ethers";

import {
  isSameAddress,
  ProofTree,
  publishedOpenings,
  type B52Node,
  type NodeProof,
  type ProvenBlock,
} from "../../../agents/index.ts";
import {
  applyBlock,
  commitmentHash,
  contentHash,
  draftContext,
  isSameBlock,
  NO_DRAW,
  NO_LIMIT,
  NOBODY,
  OpenedTranscript,
  packDraw,
  RegistryTree,
  Transcript,
  transcriptHash,
  treeSize,
  TREE_NODES,
  type ChildOpening,
  type Content,
  type NodePromise,
  type Proposal,
  type VotesByNode,
} from "../../../b52/index.ts";
import { fromProofWords, toProofWords } from "../../../codec/index.ts";
import { isProtocolError } from "../../../errors.ts";
import { batchDataHash, State, type Batch } from "../../../ledger/index.ts";
import { leafBytes, type Profile } from "../../../profile.ts";
import type { Prover } from "../../../prover/index.ts";
import type { B52Store } from "../../b52Store/index.ts";
import type { BlockMessage, ProofMessage, TranscriptMessage } from "../../network/index.ts";
import { RecentCache } from "../../recentCache.ts";
import type { KnownProof } from "../../strategies/index.ts";
import type { GossipBook } from "./gossipBook.ts";

/** Seconds after a commitment, and after the begin of the proof window, from which on what is missing is asked for. */
const [TRANSCRIPT_PATIENCE, BLOCK_PATIENCE] = [30, 60];

/** Commitments that are remembered: more than are at hand. */
const REMEMBERED = 64;

/** A commitment whose transcript and content are known, with its proof tree. */
export interface OpenBlock {
  readonly id: string;
  readonly proposal: Proposal;
  readonly content: BlockMessage["content"];
  readonly data: Uint8Array;
  readonly includeList: Uint8Array;
  readonly transcript: Transcript;
  readonly tree: ProofTree;
  /** By node, from node 0: the ticket with a valid vote; 0 for nobody. */
  readonly promised: readonly number[];
}

/** Why nobody should work for a block. */
export type BlockFault = "transcript" | "content" | "list" | "includeList" | "forced" | "tree" | "parent";

/**
 * These may change: the head, and the forced queue as far as this node has read it. A proposer can take an operation that
 * is not in the queue yet, and L1 asks for it when the block is submitted.
 */
const FOR_NOW: ReadonlySet<OpenBlock | BlockFault> = new Set(["parent", "forced"]);

/** The transcript that a message shows. @throws {ProtocolError} as `Transcript` */
export const transcriptOf = ({ promised, votes }: Pick<TranscriptMessage, "promised" | "votes">): Transcript =>
  new Transcript(
    Array.from({ length: TREE_NODES - 1 }, (_, i): readonly [number, NodePromise] => {
      const node = i + 1;
      const ticket = Number((promised >> BigInt(8 * node)) & 0xffn);
      return [node, { ticket, vote: votes[node] }];
    }),
  );

/** By node, from node 0: the ticket with a valid vote for it; 0 for nobody. */
export function validPromises(
  node: Pick<B52Node, "domain" | "round">,
  proposal: Proposal,
  transcript: Transcript,
): readonly number[] {
  const voters = node.round(proposal.round);
  const context = draftContext(node.domain, proposal);
  return Array.from({ length: TREE_NODES }, (_, at) => {
    const isPromised = at > 0 && at < 2 * Number(proposal.leaves) && transcript.isValid(at, context, voters);
    return isPromised ? transcript.ticket(at) : NOBODY;
  });
}

/** Preimage of the content hash of a block that was shown. */
const contentOf = ({ content, data, includeList }: BlockMessage): Content => ({
  ...content,
  dataHash: batchDataHash(data),
  includeListHash: keccak256(includeList),
});

/** Opens what proposers commit to, checks it against L1, and makes and reads the proofs of its nodes. */
export class Workshop {
  readonly #node: B52Node;
  readonly #book: GossipBook;
  readonly #store: B52Store;
  readonly #blocks = new RecentCache<string, OpenBlock | BlockFault>(REMEMBERED);
  readonly #statements = new WeakMap<ProofMessage, ReturnType<ProofTree["statementOf"]> | undefined>();
  readonly #firstSeen = new RecentCache<string, number>(REMEMBERED);

  constructor(node: B52Node, book: GossipBook, store: B52Store) {
    this.#node = node;
    this.#book = book;
    this.#store = store;
  }

  /** Commitments of the round that is being proven, or will be. */
  get commitments(): readonly { readonly id: string; readonly proposal: Proposal }[] {
    const round = this.#node.lastRoundOf(this.#node.batches.length + 1);
    if (round === undefined) return [];
    return this.#node.proposalsOf(round.round).map((proposal) => ({
      proposal,
      id: commitmentHash(this.#node.domain, proposal),
    }));
  }

  /** Asks the network for what is missing of a commitment: it may be there at a later look. @param now time of L1 */
  fetch(id: string, { round }: Proposal, now: number): void {
    const seen = this.#firstSeen.get(id) ?? now;
    this.#firstSeen.set(id, seen);
    const { opensAt, closesAt } = this.#node.proofWindowOf(round);
    if (now >= closesAt) return;
    if (this.#transcript(id) === undefined && now >= seen + TRANSCRIPT_PATIENCE) {
      this.#book.ask({ kind: "transcript", id }, now);
    }
    if (this.#block(id) === undefined && now >= Number(opensAt) + BLOCK_PATIENCE) {
      this.#book.ask({ kind: "block", id }, now);
    }
  }

  /** Asks the network for the proofs of a block that are missing. */
  fetchProofs({ id, tree }: OpenBlock, now: number): void {
    const known = new Set(this.proofs(id).map(({ node }) => node));
    for (const node of tree.nodes) if (!known.has(node)) this.#book.ask({ kind: "proof", id, node }, now);
  }

  /** A commitment whose transcript and content are known, and can become the next block; undefined if it is not. */
  open(id: string, proposal: Proposal): OpenBlock | undefined {
    const judged = this.judge(id, proposal);
    return typeof judged === "object" ? judged : undefined;
  }

  /** As `open`, and what is wrong if something is. */
  judge(id: string, proposal: Proposal): OpenBlock | BlockFault | undefined {
    const known = this.#blocks.get(id);
    if (known !== undefined && !FOR_NOW.has(known)) return known;
    const [transcript, block] = [this.#transcript(id), this.#block(id)];
    if (transcript === undefined || block === undefined) return undefined;
    const judged = this.#judge(id, proposal, transcript, block);
    if (judged === "transcript" || judged === "content") {
      // Not what was committed, so somebody else's words.
      this.#book.forget(judged === "content" ? "block" : "transcript", id);
      return judged;
    }
    this.#blocks.set(id, judged);
    if (typeof judged === "object") {
      this.#store.keep(proposal.round, transcript, id);
      this.#store.keep(proposal.round, block, id);
    }
    return judged;
  }

  #judge(id: string, proposal: Proposal, shown: TranscriptMessage, block: BlockMessage): OpenBlock | BlockFault {
    const node = this.#node;
    const { profile } = node.system;
    let transcript: Transcript;
    try {
      transcript = transcriptOf(shown);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      return "transcript";
    }
    if (transcriptHash(transcript.promised, transcript.votesRoot) !== proposal.transcript) return "transcript";
    const { content, data, includeList } = block;
    if (contentHash(contentOf(block)) !== proposal.contentHash) return "content";
    if (!isSameBlock(node.head, proposal.parent)) return "parent";
    const slotBytes = leafBytes(profile) / profile.slots;
    if (includeList.length % slotBytes !== 0 || includeList.length > leafBytes(profile)) return "includeList";
    const leaves = Math.max(1, Math.ceil(data.length / leafBytes(profile)));
    if (leaves > 8 || BigInt(treeSize(leaves)) !== proposal.leaves) return "tree";
    const first = node.executedForced;
    const waiting = node.forcedOperations.slice(first, first + content.forcedCount);
    const taken = Buffer.concat(waiting);
    const isForced =
      waiting.length === content.forcedCount && Buffer.from(data.subarray(0, taken.length)).equals(taken);
    if (!isForced) return "forced";
    const due = Buffer.concat(node.listDue(proposal.height));
    const room = Number(node.parameters.maxLeaves) * leafBytes(profile);
    const isIncluded = Buffer.from(data.subarray(taken.length, taken.length + due.length)).equals(due);
    if (!isIncluded && taken.length + due.length <= room) return "list";
    const batch = { header: node.headerOf(proposal.round, content), data };
    const tree = this.#treeOf(proposal, node.virtualState, batch, transcript);
    const promised = validPromises(node, proposal, transcript);
    return { id, proposal, content, data, includeList, transcript, tree, promised };
  }

  #treeOf(proposal: Proposal, before: State, batch: Batch, transcript: VotesByNode): ProofTree {
    const node = this.#node;
    const environment = node.environmentOf(proposal.proposer);
    const { leaves, z } = applyBlock(node.system.profile, before, batch, environment);
    const { registry, draw } = node.round(proposal.round);
    return new ProofTree({ leaves, z, context: draftContext(node.domain, proposal), transcript, registry, draw });
  }

  #transcript(id: string): TranscriptMessage | undefined {
    return this.#book.transcript(id) ?? this.#store.transcript(id);
  }

  #block(id: string): BlockMessage | undefined {
    return this.#book.block(id) ?? this.#store.block(id);
  }

  /** The proofs of a block that are known, others' and own ones. */
  proofs(id: string): readonly ProofMessage[] {
    return this.#book.proofsOf(id);
  }

  /** The proofs of a block, as the strategies see them. Those that say something impossible are left out. */
  known({ id, tree }: OpenBlock): readonly KnownProof[] {
    return this.proofs(id).flatMap((message) => {
      const statement = this.#statementOf(tree, message);
      if (statement === undefined) return [];
      const { node, worker, merge } = message;
      const children = merge === undefined ? undefined : ([merge.leftDigest, merge.rightDigest] as const);
      return [{ node, worker, digest: statement.digest, children }];
    });
  }

  #statementOf(tree: ProofTree, message: ProofMessage): ReturnType<ProofTree["statementOf"]> | undefined {
    if (this.#statements.has(message)) return this.#statements.get(message);
    let statement: ReturnType<ProofTree["statementOf"]> | undefined;
    try {
      statement = tree.statementOf(message.node, message.worker, message.merge);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
    }
    this.#statements.set(message, statement);
    return statement;
  }

  /** A proof that the strategies chose, as the agents take it. */
  nodeProof({ id, tree }: OpenBlock, { node, digest }: Pick<KnownProof, "node" | "digest">): NodeProof {
    for (const message of this.proofs(id)) {
      const statement = message.node === node ? this.#statementOf(tree, message) : undefined;
      if (statement?.digest !== digest) continue;
      return { ...statement, proof: fromProofWords(message.words), seconds: 0, cached: true };
    }
    throw new Error(`no proof of node ${node} has the digest ${digest}`);
  }

  /** Proves a node of a block. @throws {ProtocolError} as `ProofTree.prove` */
  async prove(
    prover: Prover,
    block: OpenBlock,
    node: number,
    worker: number,
    children: readonly [bigint, bigint] | undefined,
  ): Promise<{ readonly message: ProofMessage; readonly seconds: number; readonly circuit: "leaf" | "merge" }> {
    const below = (children ?? []).map((digest, i) => this.nodeProof(block, { node: 2 * node + i, digest }));
    const proof = await block.tree.prove(prover, node, worker, below);
    return { message: messageOf(block.id, worker, proof, below), seconds: proof.seconds, circuit: proof.opening.kind };
  }

  /** Whether the votes that a proof of a node of a proven block needs are known. */
  hasVotes(block: ProvenBlock, node: number): boolean {
    return this.votesOf(block, node) !== undefined;
  }

  /** The votes that a proof of a node of a proven block needs; undefined if they are not known. */
  votesOf({ id, proposal, submission, record }: ProvenBlock, node: number): VotesByNode | undefined {
    const shown = this.#transcript(id);
    if (shown !== undefined) {
      const transcript = transcriptOf(shown);
      if (transcriptHash(transcript.promised, transcript.votesRoot) === proposal.transcript) return transcript;
    }
    const [promised, votesRoot] = [BigInt(submission.promised), BigInt(submission.votesRoot)];
    if (node >= Number(record.leaves)) return new OpenedTranscript(promised, votesRoot, []);
    const proven = this.#node.findProven(proposal.round, proposal.proposer);
    const openings = proven && this.#node.defaultsOf(proven).find((other) => other.node === node)?.shown;
    if (openings === undefined) return undefined;
    const nodes = [2 * node, 2 * node + 1, ...(node === 1 ? [1] : [])];
    return new OpenedTranscript(
      promised,
      votesRoot,
      openings.map(({ exists, vote, path }, i) => ({ node: nodes[i]!, vote: exists ? vote : undefined, path })),
    );
  }

  /** The transcript of a proven block; undefined if it is not known as a whole. */
  transcriptOf(block: ProvenBlock): Transcript | undefined {
    const votes = this.votesOf(block, 1);
    return votes instanceof Transcript ? votes : undefined;
  }

  /** Asks the network for the transcript of a proven block. */
  fetchTranscript({ id }: ProvenBlock, now: number): void {
    if (this.#transcript(id) === undefined) this.#book.ask({ kind: "transcript", id }, now);
  }

  /**
   * The own proof of a node of a block that L1 has from somebody else: made before, or now, from L1 and the votes alone.
   *
   * @throws {ProtocolError} as `ProofTree.prove`
   */
  async defence(
    prover: Prover,
    block: ProvenBlock,
    node: number,
    ticket: number,
    votes: VotesByNode,
  ): Promise<{ readonly words: readonly bigint[]; readonly digest: bigint }> {
    const { proposal, submission, id } = block;
    const header = this.#node.headerOf(proposal.round, {
      feeToken: BigInt(submission.feeToken),
      feeAccount: Number(submission.feeAccount),
      forcedCount: Number(submission.forcedCount),
    });
    const batch = { header, data: getBytes(submission.data) };
    const tree = this.#treeOf(proposal, this.#node.stateAfter(Number(proposal.height) - 1), batch, votes);
    const openings = publishedOpenings(block, this.#node);
    const children = tree.isLeaf(node)
      ? undefined
      : ([openings.get(2 * node)!, openings.get(2 * node + 1)!] as const satisfies readonly [
          ChildOpening,
          ChildOpening,
        ]);
    for (const made of this.#store.proofsOf(id)) {
      if (made.node !== node || made.worker !== ticket) continue;
      const { digest, opening } = tree.statementOf(node, ticket, made.merge);
      // An inner node's proof is of two proofs below it: those that L1 has may be others.
      const isOfThese = opening.kind === "leaf" || isMadeOf(made, submission, node);
      if (isOfThese) return { words: made.words, digest };
    }
    const proof =
      children === undefined
        ? await tree.proveLeaf(prover, node, ticket)
        : await tree.proveMerge(prover, node, ticket, children);
    return { words: toProofWords(proof.proof), digest: proof.digest };
  }
}

/** Whether the children of a proof are those that L1 has. */
function isMadeOf({ merge }: ProofMessage, { leaves, merges }: ProvenBlock["submission"], node: number): boolean {
  const digestOf = (child: number): bigint =>
    BigInt((child >= leaves.length ? leaves[child - leaves.length] : merges[child - 1])?.digest ?? 0n);
  return merge?.leftDigest === digestOf(2 * node) && merge.rightDigest === digestOf(2 * node + 1);
}

/** A proof that was made, as the network takes it. */
function messageOf(id: string, worker: number, proof: NodeProof, below: readonly NodeProof[]): ProofMessage {
  const { opening } = proof;
  const [left, right] = below;
  const merge =
    opening.kind === "merge" && left !== undefined && right !== undefined
      ? {
          leftDigest: left.digest as NonNullable<ProofMessage["merge"]>["leftDigest"],
          rightDigest: right.digest as NonNullable<ProofMessage["merge"]>["rightDigest"],
          delivered: opening.merge.delivered,
          nodes: opening.merge.nodes,
        }
      : undefined;
  return { kind: "proof", id, node: proof.node, worker, words: [...toProofWords(proof.proof)], merge };
}

/**
 * Seconds that the proofs of both circuits take on this machine, measured with empty leaves on an empty state.
 *
 * @param isDrawn whether tickets are drawn, so that the merge circuit is the one that checks elected votes
 */
export async function measure(
  profile: Profile,
  prover: Prover,
  isDrawn: boolean,
): Promise<{ readonly leaf: number; readonly merge: number }> {
  const header = { baseFee: 0n, feeToken: 0n, feeAccount: 0, forcedCount: 0, timestamp: 0n };
  const environment = { sequencer: 0n, domain: 0n as never };
  const batch = { header, data: new Uint8Array(0) };
  const { leaves, z } = applyBlock(profile, State.genesis(profile), batch, environment);
  const transcript = new Transcript([]);
  const draw = isDrawn ? packDraw({ seed: 0n, limit: NO_LIMIT }) : NO_DRAW;
  const tree = new ProofTree({ leaves, z, context: 0n, transcript, registry: RegistryTree.empty(), draw });
  const leaf = await tree.proveLeaf(prover, 2, NOBODY);
  const other = tree.statementOf(3, NOBODY, undefined);
  const merge = await tree.proveMerge(prover, 1, NOBODY, [leaf.opening, other.opening]);
  return { leaf: leaf.seconds, merge: merge.seconds };
}

/** Whether two addresses in a list of commitments are one. */
export const isOf = (proposal: Pick<Proposal, "proposer">, address: string): boolean =>
  isSameAddress(proposal.proposer, address);
