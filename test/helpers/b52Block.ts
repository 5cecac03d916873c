// SPDX-License-Identifier: MIT
import {
  AbiCoder,
  concat,
  dataLength,
  getBytes,
  id as hashOfText,
  keccak256,
  toBeHex,
  ZeroHash,
  type ParamType,
} from "ethers";

import { contextOf, leafContext, packPromised, ROOT_NODE, Transcript, type TreeSize } from "../../src/b52/index.ts";
import { encodeChunks, encodeHeader, readForcedSlot, SLOT_BYTES } from "../../src/codec/index.ts";
import { P, toField } from "../../src/field.ts";
import {
  batchDataHash,
  ETH,
  evaluateLeafData,
  evaluationPoint,
  exitsHash,
  type Exit,
  type SlotChunks,
} from "../../src/ledger/index.ts";
import { DEVELOPMENT, leafBytes } from "../../src/profile.ts";

/*
 * Blocks of B52 as BlockVerification.sol derives them, with the proofs that MockVerifier accepts. Written from
 * docs/b52.md, so that a test which passes compares the two.
 *
 * MockVerifier accepts any statement that it is given the hash of. The sets of promises and workers, which the merge
 * circuit computes, are made here alone (`setsOf`), for blocks as for defences: so no test can use a set that no
 * circuit could prove. Taken as given are the votes (`invalidVotes` names those that are not valid) and what happens on
 * L2.
 */

/** Ids of the circuits. */
export const LEAF = 0n;
export const MERGE = 1n;

/** Signals of a leaf's statement; two words for each exit follow. */
const LEAF_SIGNALS = 13;

const PROPOSAL_TAG = hashOfText("DecentralisedSequencing.B52.Proposal.v1");
const LEAF_BYTES = leafBytes(DEVELOPMENT);
const NOBODY = 0;
// ─── Types of the contract ───────────────────────────────────────────────────────────────────────────────────────────

export interface Proposal {
  readonly proposer: string;
  readonly round: bigint;
  readonly height: bigint;
  readonly parent: string;
  readonly contentHash: string;
  readonly bid: bigint;
  readonly share: bigint;
  readonly leaves: bigint;
  readonly promisedProvers: bigint;
  readonly transcript: string;
}

export interface LeafNode {
  readonly proof: bigint[];
  readonly newStateRoot: bigint;
  readonly exitsHash: bigint;
  readonly proverFees: bigint;
  readonly commitment: bigint;
  readonly digest: bigint;
  readonly worker: bigint;
}

export interface MergeNode {
  readonly proof: bigint[];
  readonly digest: bigint;
  readonly delivered: bigint;
  readonly nodes: bigint;
  readonly worker: bigint;
}

export interface Submission {
  readonly salt: string;
  readonly forcedCount: bigint;
  readonly feeAccount: bigint;
  readonly feeToken: bigint;
  readonly promised: bigint;
  readonly votesRoot: bigint;
  readonly data: string;
  readonly includeList: string;
  readonly leaves: LeafNode[];
  readonly merges: MergeNode[];
  readonly exits: bigint[];
  readonly joint: string;
}

export interface BlockRecord {
  readonly proposer: string;
  readonly round: bigint;
  readonly id: string;
  readonly bid: bigint;
  readonly share: bigint;
  readonly provers: bigint;
  readonly leaves: bigint;
  readonly promised: bigint;
  readonly votesRoot: bigint;
  readonly nodes: bigint;
  readonly defenceEnd: bigint;
  readonly statements: string;
  readonly transition: string;
}

export interface Opening {
  readonly exists: boolean;
  readonly vote: {
    readonly nodes: bigint;
    readonly h: bigint;
    readonly s: bigint;
    readonly gammaX: bigint;
    readonly gammaY: bigint;
  };
  readonly path: [bigint, bigint, bigint, bigint];
}

export interface Transition {
  readonly newStateRoot: bigint;
  readonly forcedCount: bigint;
  readonly exitsRoot: string;
  readonly exitCount: bigint;
  readonly payments: { readonly recipient: string; readonly token: bigint; readonly amount: bigint }[];
}

const TRANSITION = "tuple(uint256,uint256,bytes32,uint256,tuple(address recipient,uint16 token,uint256 amount)[])";

// ─── What a test asks for ────────────────────────────────────────────────────────────────────────────────────────────

/** A test's choice of a block's content and of the claims of its proofs. Every field may be left out. */
export interface Claim {
  /** Number of leaves, which decides the size of the data unless `data` is given. */
  readonly leaves?: TreeSize;
  /** Hex; the forced operations come first. */
  readonly data?: string;
  /** Slots of the forced operations. */
  readonly forced?: readonly string[];
  /** Hex; the include list that the block carries. */
  readonly includeList?: string;
  /** Hex; the slots right after the forced operations: the list that is due, if all is well. */
  readonly included?: string;
  readonly salt?: string;
  readonly feeAccount?: bigint;
  readonly feeToken?: bigint;
  /** Ticket by node. */
  readonly promised?: Readonly<Record<number, number>>;
  /** Nodes whose vote is not valid. */
  readonly invalidVotes?: readonly number[];
  readonly votesRoot?: bigint;
  /** Ticket by node that made the proof. Default: the ticket that was promised the node. */
  readonly workers?: Readonly<Record<number, number>>;
  /** By leaf. */
  readonly newStateRoots?: Readonly<Record<number, bigint>>;
  readonly exits?: Readonly<Record<number, readonly Exit[]>>;
  readonly proverFees?: Readonly<Record<number, bigint>>;
}

/** Content that a proposal commits to, and claims of its proofs. */
export interface Content {
  readonly claim: Claim;
  readonly leaves: number;
  readonly salt: string;
  readonly data: string;
  readonly includeList: string;
  readonly forcedCount: bigint;
  readonly feeAccount: bigint;
  readonly feeToken: bigint;
  readonly promised: bigint;
  readonly votesRoot: bigint;
}

/** Facts that L1 knows besides the submission. */
export interface Circumstances {
  readonly domain: bigint;
  readonly baseFee: bigint;
  /** End of the proposal window. */
  readonly timestamp: bigint;
  /** Of the parent. */
  readonly stateRoot: bigint;
  readonly registryRoot: bigint;
  /** From when on a default is final. */
  readonly defenceEnd: bigint;
}

/** A proof and what it claims. */
export interface Statement {
  readonly circuit: bigint;
  readonly proof: bigint[];
  readonly inputs: bigint[];
}

export interface ProvenBlock {
  readonly claim: Claim;
  readonly submission: Submission;
  /** Leaves first, then nodes 1, 2, … */
  readonly list: readonly Statement[];
  /** `list`, encoded. */
  readonly statements: string;
  readonly record: BlockRecord;
  readonly transition: Transition;
}

// ─── Encodings ───────────────────────────────────────────────────────────────────────────────────────────────────────

const encode = (types: readonly (string | ParamType)[], values: readonly unknown[]): string =>
  AbiCoder.defaultAbiCoder().encode(types, values);

const words = (values: readonly bigint[]): string => concat(values.map((value) => toBeHex(value, 32)));

/** A number below 2^248 that depends on nothing but the text. */
export const numberFrom = (text: string): bigint => BigInt(hashOfText(text)) >> 8n;

/** The proof that MockVerifier accepts for these words: of the signals that stand for them (docs/protocol.md §6.1). */
export function mockProof(circuit: bigint, inputs: readonly bigint[]): bigint[] {
  const point = BigInt(keccak256(words(inputs))) % P;
  const all = circuit === LEAF ? wholeLeaf(inputs) : inputs;
  let [evaluation, power] = [0n, 1n];
  for (const word of all) {
    evaluation = (evaluation + word * power) % P;
    power = (power * point) % P;
  }
  const digest = inputs[circuit === LEAF ? 5 : 0]!;
  return mockEnforcementProof(circuit, [digest, evaluation, point]);
}

/** The proof that MockEnforcementVerifier accepts for these public signals. */
export const mockEnforcementProof = (circuit: bigint, signals: readonly bigint[]): bigint[] => [
  BigInt(keccak256(words([circuit, ...signals]))),
  ...Array.from({ length: 7 }, () => 0n),
];

/** The signals of a leaf, and the words of all its slots' exits. */
function wholeLeaf(inputs: readonly bigint[]): bigint[] {
  const slots = Array.from({ length: 2 * DEVELOPMENT.slots }, () => 0n);
  for (let i = LEAF_SIGNALS; i < inputs.length; i += 2) {
    const slot = Number(inputs[i]! >> 176n);
    slots[2 * slot] = inputs[i]! % 2n ** 176n;
    slots[2 * slot + 1] = inputs[i + 1]!;
  }
  return [...inputs.slice(0, LEAF_SIGNALS), ...slots];
}

/** Words with which L1 is shown exits whose first slot is `first`. */
const exitWords = (exits: readonly Exit[], first = 0): bigint[] =>
  exits.flatMap(({ slot, recipient, token, amount }) => [
    recipient + token * 2n ** 160n + BigInt(first + slot) * 2n ** 176n,
    amount,
  ]);

/** Commutative; the largest power of two that leaves something goes to the left. */
function treeRoot(nodes: readonly string[]): string {
  if (nodes.length === 1) return nodes[0]!;
  let left = 1;
  while (left * 2 < nodes.length) left *= 2;
  const pair = [treeRoot(nodes.slice(0, left)), treeRoot(nodes.slice(left))].sort();
  return keccak256(concat(pair));
}

/** `exitsRoot` of a transition. */
export const exitsRootOf = (exits: readonly Omit<Exit, "slot">[]): string =>
  exits.length === 0
    ? ZeroHash
    : treeRoot(
        exits.map(({ recipient, token, amount }, index) =>
          keccak256(words([BigInt(index), recipient + token * 2n ** 160n, amount])),
        ),
      );

const prove = (circuit: bigint, inputs: bigint[]): Statement => ({
  circuit,
  proof: mockProof(circuit, inputs),
  inputs,
});

export const encodeStatements = (list: readonly Statement[]): string =>
  concat(
    list.map(({ circuit, proof, inputs }) => {
      const further = circuit === LEAF ? inputs.length - LEAF_SIGNALS : 0;
      return words([circuit + 256n * BigInt(further), ...proof, ...inputs]);
    }),
  );

export const transcriptOf = ({ promised, votesRoot }: Pick<Content, "promised" | "votesRoot">): string =>
  keccak256(encode(["uint128", "uint256"], [promised, votesRoot]));

export const contentHashOf = (content: Omit<Content, "claim" | "leaves" | "promised" | "votesRoot">): string =>
  keccak256(
    encode(
      ["bytes32", "bytes32", "uint16", "uint32", "uint16", "bytes32"],
      [
        content.salt,
        keccak256(content.data),
        content.forcedCount,
        content.feeAccount,
        content.feeToken,
        keccak256(content.includeList),
      ],
    ),
  );

/** Hash that provers sign, and the commitment hash. */
export function hashesOf(domain: bigint, proposal: Proposal): { proposal: string; id: string } {
  const { proposer, round, height, parent, contentHash, bid, share, leaves, promisedProvers, transcript } = proposal;
  const hash = keccak256(
    encode(
      ["bytes32", "uint256", "address", "uint40", "uint40", "bytes32", "bytes32", "uint88", "uint16", "uint8"],
      [PROPOSAL_TAG, domain, proposer, round, height, parent, contentHash, bid, share, leaves],
    ),
  );
  return {
    proposal: hash,
    id: keccak256(encode(["bytes32", "uint8", "bytes32"], [hash, promisedProvers, transcript])),
  };
}

/** `IB52Rounds.listDue` of an include list. */
export const listOf = (slots: string): string =>
  concat([keccak256(slots).slice(0, 54), toBeHex(dataLength(slots) / SLOT_BYTES, 6)]);

/** Bytes of `count` slots that are not alike, as hex. */
export const slotsOf = (text: string, count: number): string =>
  concat(
    Array.from({ length: count }, (_, i) => concat([0, 1, 2].map((j) => toBeHex(numberFrom(`${text} ${i} ${j}`), 31)))),
  );

export const transitionHash = (transition: Transition): string => {
  const { newStateRoot, forcedCount, exitsRoot, exitCount, payments } = transition;
  return keccak256(encode([TRANSITION], [[newStateRoot, forcedCount, exitsRoot, exitCount, payments]]));
};

// ─── Building ────────────────────────────────────────────────────────────────────────────────────────────────────────

let salts = 0;

/** Votes of every block whose test does not say otherwise: for all nodes but 14 and 15. */
const VOTES = new Transcript(
  Array.from({ length: 13 }, (_, i) => {
    const [node, h] = [1 + i, toField(numberFrom(`h ${i}`))];
    return [node, { ticket: NOBODY, vote: { nodes: 1n << BigInt(node), h, s: numberFrom(`s ${i}`) } }] as const;
  }),
);

/** A vote, opened against `votesRoot` of a block whose test does not say otherwise. */
export function openingOf(node: number): Opening {
  const vote = VOTES.vote(node);
  const { nodes, h, s } = vote ?? { nodes: 0n, h: 0n, s: 0n };
  const path = VOTES.path(node) as unknown as Opening["path"];
  return { exists: vote !== undefined, vote: { nodes, h, s, gammaX: 0n, gammaY: 0n }, path };
}

/** The votes that a proof of an inner node opens: those for its children, and the root's own. */
export const openingsFor = (node: number): Opening[] =>
  [2 * node, 2 * node + 1, ...(node === ROOT_NODE ? [node] : [])].map(openingOf);

/** @param leaves of the tree; 2 if neither this nor the data say otherwise */
export function contentOf(claim: Claim): Content {
  const forced = claim.forced ?? [];
  const leaves = claim.leaves ?? 2;
  const head = concat([...forced, claim.included ?? "0x"]);
  const filler = LEAF_BYTES * (leaves / 2) + (leaves > 2 ? SLOT_BYTES : 0) - dataLength(head);
  const data = claim.data ?? concat([head, claim.leaves === undefined ? "0x" : fillerBytes(filler)]);
  return {
    claim,
    leaves: leavesFor(dataLength(data)),
    salt: claim.salt ?? toBeHex(numberFrom(`salt ${salts++}`), 32),
    data,
    includeList: claim.includeList ?? "0x",
    forcedCount: BigInt(forced.length),
    feeAccount: claim.feeAccount ?? 5n,
    feeToken: claim.feeToken ?? ETH,
    promised: packPromised(
      Object.entries(claim.promised ?? {}).map(([node, ticket]) => [Number(node), ticket] as const),
    ),
    votesRoot: claim.votesRoot ?? VOTES.votesRoot,
  };
}

/** Bytes that are not all alike, nor zero. */
const fillerBytes = (length: number): Uint8Array =>
  Uint8Array.from({ length: Math.max(0, length) }, (_, i) => 1 + i * 7);

function leavesFor(bytes: number): number {
  let leaves = 2;
  while (leaves * LEAF_BYTES < bytes) leaves *= 2;
  return leaves;
}

/** The block that opens `proposal`, with valid proofs of its claim. */
export function proveBlock(proposal: Proposal, content: Content, circumstances: Circumstances): ProvenBlock {
  const { claim, leaves: count } = content;
  const hashes = hashesOf(circumstances.domain, proposal);
  const context = contextOf(BigInt(hashes.proposal));
  const workerOf = (node: number): bigint => BigInt(claim.workers?.[node] ?? claim.promised?.[node] ?? NOBODY);

  const commitments = Array.from({ length: count }, (_, i) => toField(numberFrom(`c ${i} ${hashes.id}`)));
  const data = getBytes(content.data);
  const z = evaluationPoint(batchDataHash(data), commitments);
  const list: Statement[] = [];
  const leaves: LeafNode[] = [];
  const shownExits: bigint[] = [];
  let stateRoot = circumstances.stateRoot;
  for (const [i, commitment] of commitments.entries()) {
    const node = count + i;
    const exits = claim.exits?.[i] ?? [];
    shownExits.push(...exitWords(exits, i * DEVELOPMENT.slots));
    const leaf = {
      newStateRoot: claim.newStateRoots?.[i] ?? numberFrom(`state ${i} ${hashes.id}`),
      exitsHash: exitsHash(exits, DEVELOPMENT.slots),
      proverFees: claim.proverFees?.[i] ?? 0n,
      commitment,
      digest: numberFrom(`digest ${node} ${hashes.id}`),
      worker: workerOf(node),
    };
    const header = encodeHeader({
      baseFee: content.feeToken === ETH ? circumstances.baseFee : 0n,
      feeToken: content.feeToken,
      feeAccount: Number(content.feeAccount),
      forcedCount: Math.min(Math.max(Number(content.forcedCount) - i * DEVELOPMENT.slots, 0), DEVELOPMENT.slots),
      timestamp: circumstances.timestamp,
    });
    const statement = prove(LEAF, [
      leaf.newStateRoot,
      leaf.exitsHash,
      leaf.proverFees,
      commitment,
      evaluateLeafData({ chunks: chunksOf(data, i) }, z),
      leaf.digest,
      stateRoot,
      header,
      z,
      BigInt(proposal.proposer),
      circumstances.domain,
      leafContext(context, node),
      leaf.worker,
      ...exitWords(exits),
    ]);
    list.push(statement);
    leaves.push({ ...leaf, proof: statement.proof });
    stateRoot = leaf.newStateRoot;
  }

  const merges: MergeNode[] = [];
  const digestOf = (node: number): bigint =>
    node >= count ? leaves[node - count]!.digest : numberFrom(`digest ${node} ${hashes.id}`);
  for (let node = ROOT_NODE; node < count; node++) {
    const merge = { digest: digestOf(node), ...setsOf(claim, count, node), worker: workerOf(node) };
    const statement = prove(MERGE, [
      merge.digest,
      merge.delivered,
      merge.nodes,
      digestOf(2 * node),
      digestOf(2 * node + 1),
      context,
      circumstances.registryRoot,
      content.votesRoot,
      content.promised,
      BigInt(2 * node >= count ? 2 * node + 1 : 2 * node),
      merge.worker,
    ]);
    list.push(statement);
    merges.push({ ...merge, proof: statement.proof });
  }

  const { salt, forcedCount, feeAccount, feeToken, promised, votesRoot } = content;
  const submission = {
    salt,
    forcedCount,
    feeAccount,
    feeToken,
    promised,
    votesRoot,
    data: content.data,
    includeList: content.includeList,
    leaves,
    merges,
    exits: shownExits,
    joint: "0x",
  };
  const statements = encodeStatements(list);
  const transition = transitionOf(proposal, submission, claim);
  const { delivered, nodes } = merges[0]!;
  const ones = BigInt(popCount(delivered));
  const record: BlockRecord = {
    proposer: proposal.proposer,
    round: proposal.round,
    id: hashes.id,
    bid: proposal.bid,
    share: proposal.share,
    provers: ones < proposal.promisedProvers ? ones : proposal.promisedProvers,
    leaves: BigInt(count),
    promised,
    votesRoot,
    nodes,
    defenceEnd: circumstances.defenceEnd,
    statements: keccak256(statements),
    transition: transitionHash(transition),
  };
  return { claim, submission, list, statements, record, transition };
}

/**
 * A prover's proof in its own defence: of a node of the block, whose other nodes are as they were accepted. The proof
 * of the root says that it was the prover who made it.
 */
export function proofBy(ticket: number, block: ProvenBlock, node: number, digest: bigint): bigint[] {
  const { circuit, inputs } = statementOf(block, node);
  const changed = [...inputs];
  changed[circuit === LEAF ? 12 : 10] = BigInt(ticket);
  if (circuit === LEAF) {
    changed[5] = digest;
    return mockProof(circuit, changed);
  }
  const { claim, submission } = block;
  const found = setsOf({ ...claim, workers: { ...claim.workers, [node]: ticket } }, submission.leaves.length, node);
  changed.splice(0, 3, digest, found.delivered, found.nodes);
  return mockProof(circuit, changed);
}

/**
 * The block that L1 keeps after a submission that proves it as `before` and another as `after`: a node credited once
 * stays credited.
 */
export function united<T extends ProvenBlock>(before: ProvenBlock, after: T, promisedProvers: bigint): T {
  const [low, high] = [0xffffn, 16n];
  const credited = (before.record.nodes | after.record.nodes) & low;
  const defaulted = (after.record.nodes >> high) & ~credited;
  const tickets = new Set(
    Object.entries(after.claim.promised ?? {}).flatMap(([node, ticket]) =>
      (credited >> BigInt(node)) & 1n ? [ticket] : [],
    ),
  );
  const provers = BigInt(tickets.size) < promisedProvers ? BigInt(tickets.size) : promisedProvers;
  return { ...after, record: { ...after.record, nodes: (defaulted << high) | credited, provers } };
}

export function statementOf({ list, submission }: ProvenBlock, node: number): Statement {
  const { length } = submission.leaves;
  return list[node >= length ? node - length : length + node - 1]!;
}

/**
 * Sets of the merge circuit (docs/b52.md §3): the facts at and below its children that the proof of an inner node has
 * found.
 */
function setsOf(claim: Claim, leaves: number, node: number): { delivered: bigint; nodes: bigint } {
  const sets = { delivered: 0n, nodes: 0n };
  const look = (at: number): void => {
    const ticket = claim.promised?.[at] ?? NOBODY;
    if (ticket === NOBODY || (claim.invalidVotes ?? []).includes(at)) return;
    if ((claim.workers?.[at] ?? ticket) === ticket) {
      sets.delivered |= 1n << BigInt(ticket);
      sets.nodes |= 1n << BigInt(at);
    } else {
      sets.nodes |= 1n << BigInt(16 + at);
    }
  };
  if (node === ROOT_NODE) look(node);
  for (const child of [2 * node, 2 * node + 1]) {
    look(child);
    if (child >= leaves) continue;
    const below = setsOf(claim, leaves, child);
    sets.delivered |= below.delivered;
    sets.nodes |= below.nodes;
  }
  return sets;
}

function transitionOf(proposal: Proposal, submission: Submission, claim: Claim): Transition {
  const { leaves, feeToken, forcedCount } = submission;
  const recipient = proposal.proposer;
  const slots = getBytes(submission.data).subarray(0, Number(forcedCount) * SLOT_BYTES);
  let forcedFees = 0n;
  for (let i = 0; i + SLOT_BYTES <= slots.length; i += SLOT_BYTES) {
    forcedFees += readForcedSlot(slots.subarray(i, i + SLOT_BYTES)).fee;
  }
  const proverFees = leaves.reduce((sum, leaf) => sum + leaf.proverFees, 0n);
  const isEther = feeToken === ETH;
  const payments = [{ recipient, token: ETH, amount: forcedFees + (isEther ? proverFees : 0n) }];
  if (!isEther && proverFees > 0n) payments.push({ recipient, token: feeToken, amount: proverFees });
  const exits = leaves.flatMap((_, leaf) => claim.exits?.[leaf] ?? []);
  return {
    newStateRoot: leaves.at(-1)!.newStateRoot,
    forcedCount,
    exitsRoot: exitsRootOf(exits),
    exitCount: BigInt(exits.length),
    payments,
  };
}

function chunksOf(data: Uint8Array, leaf: number): SlotChunks[] {
  const padded = new Uint8Array(LEAF_BYTES);
  padded.set(data.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES));
  const chunks = encodeChunks(padded);
  return Array.from({ length: DEVELOPMENT.slots }, (_, i) => chunks.slice(3 * i, 3 * i + 3) as unknown as SlotChunks);
}

export const popCount = (bitmap: bigint): number => bitmap.toString(2).replaceAll("0", "").length;

/** A block to which each of the first n tickets delivers one node, at most 15. */
export function deliveredBy(n: number): Pick<Claim, "leaves" | "promised"> {
  const leaves = ([2, 4, 8] as const).find((size) => 2 * size > n);
  if (leaves === undefined) throw new Error(`no tree has ${n} nodes`);
  return { leaves, promised: Object.fromEntries(Array.from({ length: n }, (_, i) => [1 + i, 1 + i])) };
}
