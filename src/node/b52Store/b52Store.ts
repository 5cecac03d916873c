// SPDX-License-Identifier: MIT
import { deserialize, serialize } from "node:v8";

import type { OrderedContent } from "../../agents/index.ts";
import type { Draft, Proposal, Vote } from "../../b52/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { BlockMessage, ProofMessage, QuoteMessage, TranscriptMessage, VoteMessage } from "../network/index.ts";
import type { Database, Row } from "../storage/index.ts";

/** Numbers of 248 bits are decimal text: a column holds 64 bits. */
const TABLES = `
  CREATE TABLE b52_draft (
    context TEXT PRIMARY KEY,
    round INTEGER NOT NULL,
    draft BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE b52_commitment (
    account TEXT NOT NULL,
    round INTEGER NOT NULL,
    parent TEXT NOT NULL,
    commitment BLOB NOT NULL,
    PRIMARY KEY (account, round, parent)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE b52_vote (
    context TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    round INTEGER NOT NULL,
    leaves INTEGER NOT NULL,
    nodes INTEGER NOT NULL,
    h TEXT,
    s TEXT,
    PRIMARY KEY (context, ticket)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE b52_ballot (
    context TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    nodes INTEGER NOT NULL,
    round INTEGER NOT NULL,
    h TEXT NOT NULL,
    s TEXT NOT NULL,
    PRIMARY KEY (context, ticket, nodes)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE b52_proof (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    node INTEGER NOT NULL,
    round INTEGER NOT NULL,
    proof BLOB NOT NULL
  ) STRICT;
  CREATE TABLE b52_seen (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    round INTEGER NOT NULL,
    message BLOB NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE b52_time (place INTEGER PRIMARY KEY AUTOINCREMENT, circuit TEXT NOT NULL, seconds REAL NOT NULL) STRICT;
`;

/** Version 2: votes have a point where tickets are drawn. */
const POINTS = `
  ALTER TABLE b52_vote ADD COLUMN gamma TEXT;
  ALTER TABLE b52_ballot ADD COLUMN gamma TEXT;
`;

/** A block that is offered to provers. */
interface OfferedDraft {
  /** `draftContext` */
  readonly context: bigint;
  readonly draft: Draft;
  /** Of the offer, by the proposer's L1 account. */
  readonly signature: string;
  /** Time of L1 at which it was offered. */
  readonly offeredAt: number;
}

/** A block that was ordered: its order, and the salt that hides it. Without them a commitment is a lost bid. */
export interface OrderedDraft extends OfferedDraft, OrderedContent {}

/** A block of a builder, of which the proposer knows a hash. */
export interface BoughtDraft extends OfferedDraft {
  readonly bought: QuoteMessage;
}

export type StoredDraft = OrderedDraft | BoughtDraft;

export const isBought = (draft: StoredDraft): draft is BoughtDraft => "bought" in draft;

/** A commitment as it was, or will be, sent to L1. */
export interface StoredCommitment {
  readonly proposal: Proposal;
  /** Commitment hash. */
  readonly id: string;
  /** Of the draft that it commits to. */
  readonly context: bigint;
  /** Byte i is the ticket of node i. */
  readonly promised: bigint;
  /** By node, from node 0. */
  readonly votes: readonly (Vote | undefined)[];
  /** The proposer of the parent block, if the window is that of the next height; else the zero address. */
  readonly parentProposer: string;
}

/** A vote that was given, or is being signed. */
export interface StoredVote {
  readonly context: bigint;
  readonly ticket: number;
  readonly round: bigint;
  /** Of the tree of the offer. */
  readonly leaves: number;
  /** Bit i: node i. */
  readonly nodes: bigint;
  /** Undefined until it is signed. */
  readonly vote: Vote | undefined;
}

/** Votes of a ticket for an own offer that are kept. */
const BALLOTS = 4;

/** Measured times that are kept of each circuit. */
const TIMES = 16;

/**
 * Keeps the things that the roles of a B52 rollup must not lose: secrets of commitments, votes, and proofs. A change is
 * durable when its method returns, so a role tells nobody of something before it has it here.
 */
export class B52Store {
  readonly #database: Database;

  /** @throws {ProtocolError} as `Database.definePart`: `DATABASE_VERSION` if a newer program made the tables */
  constructor(database: Database) {
    this.#database = database;
    database.definePart("b52", [TABLES, POINTS]);
  }

  /** Keeps a block that was ordered, before it is offered to anybody. */
  saveDraft(draft: StoredDraft): void {
    this.#database
      .prepare("INSERT OR IGNORE INTO b52_draft (context, round, draft) VALUES (?, ?, ?)")
      .run(String(draft.context), draft.draft.round, serialize(draft));
  }

  /** The blocks that were ordered for a round. */
  draftsOf(round: bigint): StoredDraft[] {
    const rows = this.#database.prepare("SELECT draft AS value FROM b52_draft WHERE round = ?").all(round);
    return rows.map((row) => this.#decode(row) as StoredDraft);
  }

  /** A block that was ordered; undefined if there is no such. */
  draft(context: bigint): StoredDraft | undefined {
    const row = this.#database.prepare("SELECT draft AS value FROM b52_draft WHERE context = ?").get(String(context));
    return row && (this.#decode(row) as StoredDraft);
  }

  /**
   * Keeps a commitment before it is sent. L1 takes one of a proposer in a round: if there is one already, on the same
   * parent, that one counts.
   *
   * @returns the one that counts
   */
  saveCommitment(commitment: StoredCommitment): StoredCommitment {
    const { proposer, round, parent } = commitment.proposal;
    return this.#database.transaction(() => {
      const known = this.commitmentOf(proposer, round, parent);
      if (known !== undefined) return known;
      this.#database
        .prepare("INSERT INTO b52_commitment (account, round, parent, commitment) VALUES (?, ?, ?, ?)")
        .run(proposer.toLowerCase(), round, parent, serialize(commitment));
      return commitment;
    });
  }

  /** The commitment of a proposer in a round, on a parent; undefined if there is none. */
  commitmentOf(proposer: string, round: bigint, parent: string): StoredCommitment | undefined {
    const row = this.#database
      .prepare("SELECT commitment AS value FROM b52_commitment WHERE account = ? AND round = ? AND parent = ?")
      .get(proposer.toLowerCase(), round, parent);
    return row && (this.#decode(row) as StoredCommitment);
  }

  /** Commitments of a proposer, by round. */
  commitmentsBy(proposer: string): StoredCommitment[] {
    const rows = this.#database
      .prepare("SELECT commitment AS value FROM b52_commitment WHERE account = ? ORDER BY round")
      .all(proposer.toLowerCase());
    return rows.map((row) => this.#decode(row) as StoredCommitment);
  }

  /**
   * The vote of a ticket for an offer: the nodes are on the disk before they are signed, and the signature before this
   * returns. For one offer and ticket there is one vote for ever: a second call gets the same one, also after a restart, and
   * also if it asks for other nodes.
   *
   * @param sign may take long, and may be interrupted
   * @throws {ProtocolError} `WRONG_SIGNATURE` if the signer voted for other nodes
   */
  async vote(
    wanted: Omit<StoredVote, "vote">,
    sign: (nodes: bigint) => Vote | Promise<Vote>,
  ): Promise<StoredVote & { readonly vote: Vote }> {
    for (;;) {
      const { nodes, vote: given } = this.#promise(wanted);
      if (given !== undefined) return { ...wanted, nodes, vote: given };
      const vote = await sign(nodes);
      if (vote.nodes !== nodes) {
        throw new ProtocolError(
          "WRONG_SIGNATURE",
          { purpose: `vote for ${wanted.context}`, what: "nodes", expected: nodes, found: vote.nodes },
          `the signer was asked to vote for the nodes ${nodes}, and voted for ${vote.nodes}`,
        );
      }
      // The row may have been deleted, or signed by somebody else, while the signer was at work: the disk counts.
      this.#database.transaction(() => {
        this.#promise({ ...wanted, nodes });
        this.#database
          .prepare(
            "UPDATE b52_vote SET h = ?, s = ?, gamma = ? WHERE context = ? AND ticket = ? AND nodes = ? AND h IS NULL",
          )
          .run(
            ...[String(vote.h), String(vote.s), pointText(vote), String(wanted.context), wanted.ticket, Number(nodes)],
          );
      });
    }
  }

  /** The nodes that a ticket votes for, which are on the disk from now on. */
  #promise({ context, ticket, round, leaves, nodes }: Omit<StoredVote, "vote">): StoredVote {
    const known = this.voteOf(context, ticket);
    if (known !== undefined) return known;
    this.#database
      .prepare(`INSERT INTO b52_vote (context, ticket, round, leaves, nodes) VALUES (?, ?, ?, ?, ?)`)
      .run(String(context), ticket, round, leaves, Number(nodes));
    return this.voteOf(context, ticket)!;
  }

  /** The vote of a ticket for an offer; undefined if it gave none. */
  voteOf(context: bigint, ticket: number): StoredVote | undefined {
    const row = this.#database
      .prepare("SELECT * FROM b52_vote WHERE context = ? AND ticket = ?")
      .get(String(context), ticket);
    return row && voteOf(row);
  }

  /** The votes of a ticket in a round, those that are being signed included. */
  votesIn(round: bigint, ticket: number): StoredVote[] {
    return this.#database
      .prepare("SELECT * FROM b52_vote WHERE round = ? AND ticket = ? ORDER BY context")
      .all(round, ticket)
      .map(voteOf);
  }

  /**
   * Keeps a vote that somebody gave for an own offer: nobody sends it again after a restart. Of a ticket the first four
   * votes are kept: one can sign any number of them.
   */
  keepBallot(round: bigint, { context, ticket, vote }: VoteMessage): void {
    this.#database
      .prepare(
        `INSERT OR IGNORE INTO b52_ballot (context, ticket, nodes, round, h, s, gamma) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
         WHERE (SELECT COUNT(*) FROM b52_ballot WHERE context = ?1 AND ticket = ?2) < ${BALLOTS}`,
      )
      .run(String(context), ticket, Number(vote.nodes), round, String(vote.h), String(vote.s), pointText(vote));
  }

  /** The votes that were given for an own offer. */
  ballotsFor(context: bigint): VoteMessage[] {
    return this.#database
      .prepare("SELECT * FROM b52_ballot WHERE context = ? ORDER BY ticket, nodes")
      .all(String(context))
      .map((row) => ({ kind: "vote", context, ticket: Number(row["ticket"]), vote: signedOf(row)! }));
  }

  /** Keeps a proof before it is passed on. */
  saveProof(round: bigint, proof: ProofMessage): void {
    this.#database
      .prepare("INSERT INTO b52_proof (id, node, round, proof) VALUES (?, ?, ?, ?)")
      .run(proof.id, proof.node, round, serialize(proof));
  }

  /** The proofs that this node has made of a block, in order. */
  proofsOf(id: string): ProofMessage[] {
    const rows = this.#database.prepare("SELECT proof AS value FROM b52_proof WHERE id = ? ORDER BY place").all(id);
    return rows.map((row) => this.#decode(row) as ProofMessage);
  }

  /** Keeps the transcript or the content of a commitment that is on L1: a proof and a defence need them. */
  keep(round: bigint, message: TranscriptMessage | BlockMessage, id: string): void {
    this.#database
      .prepare("INSERT OR IGNORE INTO b52_seen (kind, id, round, message) VALUES (?, ?, ?, ?)")
      .run(message.kind, id, round, serialize(message));
  }

  /** A transcript that was kept; undefined if there is none. */
  transcript(id: string): TranscriptMessage | undefined {
    return this.#seen("transcript", id) as TranscriptMessage | undefined;
  }

  /** The content of a block that was kept; undefined if there is none. */
  block(id: string): BlockMessage | undefined {
    return this.#seen("block", id) as BlockMessage | undefined;
  }

  /** Whether the content of a block was kept. */
  hasBlock(id: string): boolean {
    return this.#database.prepare("SELECT 1 FROM b52_seen WHERE kind = 'block' AND id = ?").get(id) !== undefined;
  }

  /** Keeps how long a proof took. */
  recordTime(circuit: "leaf" | "merge", seconds: number): void {
    this.#database.transaction(() => {
      this.#database.prepare("INSERT INTO b52_time (circuit, seconds) VALUES (?, ?)").run(circuit, seconds);
      this.#database
        .prepare(
          `DELETE FROM b52_time WHERE circuit = ?1 AND place NOT IN
             (SELECT place FROM b52_time WHERE circuit = ?1 ORDER BY place DESC LIMIT ${TIMES})`,
        )
        .run(circuit);
    });
  }

  /** The longest of the last times of each circuit, in seconds; undefined before both were measured. */
  get times(): { readonly leaf: number; readonly merge: number } | undefined {
    const rows = this.#database.prepare("SELECT circuit, MAX(seconds) AS seconds FROM b52_time GROUP BY circuit").all();
    const of = (name: string): number | undefined =>
      rows.flatMap(({ circuit, seconds }) => (circuit === name ? [Number(seconds)] : []))[0];
    const [leaf, merge] = [of("leaf"), of("merge")];
    return leaf === undefined || merge === undefined ? undefined : { leaf, merge };
  }

  /** Deletes everything of rounds before this one, of which L1 keeps nothing any more. */
  prune(round: bigint): void {
    this.#database.transaction(() => {
      for (const table of ["b52_draft", "b52_commitment", "b52_ballot", "b52_proof", "b52_seen"]) {
        this.#database.prepare(`DELETE FROM ${table} WHERE round < ?`).run(round);
      }
      // A vote that is being signed stays: its signer has not come back yet.
      this.#database.prepare("DELETE FROM b52_vote WHERE round < ? AND h IS NOT NULL").run(round);
    });
  }

  #seen(kind: string, id: string): unknown {
    const row = this.#database.prepare("SELECT message AS value FROM b52_seen WHERE kind = ? AND id = ?").get(kind, id);
    return row && this.#decode(row);
  }

  #decode({ value }: Row): unknown {
    try {
      return deserialize(value as Uint8Array);
    } catch (error) {
      const { path } = this.#database;
      const reason = "what a role of B52 has kept cannot be decoded";
      throw new ProtocolError("DATABASE_CORRUPT", { path, reason }, `the database ${path} is damaged (${reason})`, {
        cause: error,
      });
    }
  }
}

const signedOf = (row: Row): Vote | undefined => {
  const [h, s] = [row["h"], row["s"]];
  if (h === null || s === null) return undefined;
  const signed = { nodes: BigInt(row["nodes"] as number), h: BigInt(String(h)), s: BigInt(String(s)) };
  const gamma = row["gamma"];
  if (gamma === null || gamma === undefined) return signed;
  const [x = "", y = ""] = String(gamma).split(",");
  return { ...signed, gamma: { x: BigInt(x), y: BigInt(y) } };
};

/** The point of a vote in a column; null if it has none. */
const pointText = ({ gamma }: Vote): string | null => (gamma === undefined ? null : `${gamma.x},${gamma.y}`);

const voteOf = (row: Row): StoredVote => ({
  context: BigInt(String(row["context"])),
  ticket: Number(row["ticket"]),
  round: BigInt(row["round"] as number),
  leaves: Number(row["leaves"]),
  nodes: BigInt(row["nodes"] as number),
  vote: signedOf(row),
});
