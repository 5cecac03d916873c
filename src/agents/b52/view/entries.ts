// SPDX-License-Identifier: MIT
import { keccak256, type LogDescription } from "ethers";

import type {
  BlockRecordStruct,
  IRollup,
  SubmissionStruct,
} from "../../../../typechain-types/contracts/interfaces/IB52.ts";
import { commitmentHash, contentHash, transcriptHash, type Proposal } from "../../../b52/index.ts";
import { requireHash } from "../../../chain/index.ts";
import { ProtocolError } from "../../../errors.ts";
import type { Field } from "../../../field.ts";
import type { ProvenBlock } from "../blocks.ts";
import { toPlain } from "../plain.ts";
import type { SavedB52Item } from "../savedView.ts";
import { statementsOf, type StatementSetting } from "../statements.ts";
import { contentOf, encodeTransition, entryKey, toProposal } from "./encoding.ts";

type EntryItem = Pick<SavedB52Item, "proposal" | "proven">;

/** The commitments of proposers, and the blocks that were proven. */
export class Entries {
  #commitments: EntryItem["proposal"][] = [];
  #proposals = new Map<string, EntryItem["proposal"]>();
  #proven = new Map<string, ProvenBlock>();
  /** All that were proven, also those that another submission of their block took the place of. */
  #submissions: ProvenBlock[] = [];

  clone(): Entries {
    const copy = new Entries();
    copy.#commitments = [...this.#commitments];
    copy.#proposals = new Map(this.#proposals);
    copy.#proven = new Map(this.#proven);
    copy.#submissions = [...this.#submissions];
    return copy;
  }

  /** The same entries, from their lists. @throws {ProtocolError} `EVENTS_MISSING` if these do not belong together */
  static restore(lists: { readonly [Name in keyof EntryItem]: readonly EntryItem[Name][] }): Entries {
    const entries = new Entries();
    for (const item of lists.proposal) entries.#addProposal(item);
    for (const item of lists.proven) {
      const key = entryKey(BigInt(item.record.round), item.record.proposer as string);
      entries.#addProven(key, { ...item, proposal: entries.#proposal(key) });
    }
    return entries;
  }

  /** The items of its lists beyond these lengths. */
  save(after: { readonly [Name in keyof EntryItem]: number }): {
    readonly [Name in keyof EntryItem]: readonly EntryItem[Name][];
  } {
    return {
      proposal: this.#commitments.slice(after.proposal),
      proven: this.#submissions.slice(after.proven).map(({ proposal: _, ...block }) => block),
    };
  }

  /** All proposals, in order of commitment, by `entryKey`. */
  get proposals(): ReadonlyMap<string, EntryItem["proposal"]> {
    return this.#proposals;
  }

  /** All blocks that were proven, in the order of their first submissions, by `entryKey`. */
  get proven(): ReadonlyMap<string, ProvenBlock> {
    return this.#proven;
  }

  find(round: bigint, proposer: string): ProvenBlock | undefined {
    return this.#proven.get(entryKey(round, proposer));
  }

  /** @throws {ProtocolError} `EVENTS_MISSING` */
  provenBlock(round: bigint, proposer: string): ProvenBlock {
    return this.provenBlockOf(entryKey(round, proposer));
  }

  /** @param key `entryKey` @throws {ProtocolError} `EVENTS_MISSING` */
  provenBlockOf(key: string): ProvenBlock {
    const block = this.#proven.get(key);
    if (block !== undefined) return block;
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: "BlockProven", expected: key },
      `the endpoint's logs have no block that was proven as ${key}`,
    );
  }

  /** Takes `ProposalCommitted`. @throws {ProtocolError} `DATA_UNAVAILABLE` */
  commit({ args }: LogDescription, committedAt: number, domain: Field): void {
    const proposal = toProposal(args["proposal"] as Proposal);
    requireHash(
      `the commitment hash of a proposal of round ${proposal.round}`,
      commitmentHash(domain, proposal),
      args["id"] as string,
    );
    this.#addProposal({ proposal, committedAt });
  }

  /**
   * Takes `BlockProven`.
   *
   * @param postedAt L1 block
   * @param submission with which it was proven; undefined if the endpoint does not have it
   * @param oldStateRoot of the block on which it builds
   * @throws {ProtocolError} `EVENTS_MISSING`, `DATA_UNAVAILABLE`
   */
  prove(
    { args }: LogDescription,
    postedAt: number,
    submission: SubmissionStruct | undefined,
    { oldStateRoot, setting }: { readonly oldStateRoot: bigint; readonly setting: StatementSetting },
  ): void {
    const record = toPlain(args["record"]) as BlockRecordStruct;
    const transition = toPlain(args["transition"]) as IRollup.TransitionStruct;
    const key = entryKey(BigInt(record.round), record.proposer as string);
    const proposal = this.#proposal(key);
    if (submission === undefined) {
      throw new ProtocolError(
        "DATA_UNAVAILABLE",
        { what: `data of block ${key}` },
        `the endpoint has no data of block ${key}`,
      );
    }
    const id = commitmentHash(setting.domain, proposal);
    requireHash(`the commitment hash of block ${key}`, id, record.id as string);
    requireHash(
      `the transcript of block ${key}`,
      transcriptHash(BigInt(submission.promised), BigInt(submission.votesRoot)),
      proposal.transcript,
    );
    requireHash(`the content hash of block ${key}`, contentHash(contentOf(submission)), proposal.contentHash);
    const statements = statementsOf({ proposal, submission, oldStateRoot }, setting);
    requireHash(`the statements of block ${key}`, keccak256(statements), record.statements as string);
    requireHash(`the transition of block ${key}`, keccak256(encodeTransition(transition)), record.transition as string);
    const score = args["score"] as bigint;
    this.#addProven(key, { record, score, transition, submission, postedAt, proposal, id, oldStateRoot });
  }

  #proposal(key: string): Proposal {
    const found = this.#proposals.get(key);
    if (found !== undefined) return found.proposal;
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: "ProposalCommitted", expected: key },
      `the endpoint's logs have no commitment of the block proven as ${key}`,
    );
  }

  #addProposal(item: EntryItem["proposal"]): void {
    this.#commitments.push(item);
    this.#proposals.set(entryKey(item.proposal.round, item.proposal.proposer), item);
  }

  #addProven(key: string, block: ProvenBlock): void {
    this.#proven.set(key, block);
    this.#submissions.push(block);
  }
}
