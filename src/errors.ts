// SPDX-License-Identifier: MIT
/**
 * Errors that are thrown on purpose: each has a code, and the values that disagree.
 *
 * - `code` is stable and meant for programs and tests; `message` is meant for people and may change.
 * - `isProtocolError(error, "FEE_ABOVE_MAXIMUM")` narrows an error to its code, so `error.data.maximum` is typed.
 * - An error of another class is a fault of the program, or comes as it is from an L1 endpoint, a signer or the disk.
 *
 * @packageDocumentation
 */

/** Amounts and field elements are `bigint`; indexes and counts are `number`. */
type Integer = bigint | number;

/** A value that L1 records, and that events or data give as well. Addresses and hashes in hex. */
export type Recorded = bigint | number | boolean | string;

/** One value in which two sources differ. */
export interface Difference {
  /** The value's name, in words. */
  readonly what: string;
  /** As L1 or a committed proof has it. */
  readonly expected: Recorded;
  /** As it was computed or read. */
  readonly found: Recorded;
}

/** The error with which a contract refused a call. */
export interface Revert {
  /** Of the contract's error, `Error` or `Panic`; undefined if the contract gave no reason, or one that is unknown. */
  readonly name: string | undefined;
  /** The error's arguments by name, or by position where they have none. Numbers are `bigint`. */
  readonly args: Readonly<Record<string, unknown>>;
  /** In hex, as the contract gave it. */
  readonly data: string;
  /** The error inside, if an argument is the revert data of another call. */
  readonly inner?: Revert;
}

/** Facts that identify a transaction that was sent. */
export interface SentTransaction {
  /** Of the transaction as it was sent first. */
  readonly hash: string;
  /** L1 address of the sender. */
  readonly from: string;
  /** Nonce of the sender's account. */
  readonly nonce: number;
}

/** Why bytes are no message of the gossip network. */
export type MessageFault = "VERSION" | "KIND" | "TOO_LONG" | "LENGTH" | "TRAILING_BYTES" | "RANGE" | "NOT_CANONICAL";

/** Of errors whose code says all. */
export type NoData = Readonly<Record<string, never>>;

/** All codes, by layer from the lowest to the highest, with the data of each. */
export interface ErrorData {
  // ── Values ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An integer is negative, or p or more: it is no element of the scalar field of BN254. */
  NOT_A_FIELD_ELEMENT: { readonly value: bigint };
  /** An argument is outside its limits, or is not of the kind that they hold (an integer, a power of two). */
  OUT_OF_RANGE: {
    /** Of the argument. */
    readonly name: string;
    readonly value: Integer;
    readonly minimum: Integer;
    readonly maximum: Integer;
  };
  /** A list or byte string has another length than its use asks for. */
  BAD_LENGTH: {
    readonly name: string;
    readonly length: number;
    /** The length that `relation` is about. */
    readonly expected: number;
    readonly relation: "exactly" | "at most" | "a multiple of";
  };

  // ── Codec ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A tip is negative, above the largest, or has more than 20 significant bits: `roundTipDown` gives the next one. */
  TIP_NOT_REPRESENTABLE: { readonly tip: bigint };
  /** A slot of the forced queue sets bits that have no meaning there, so no other slot encodes the same operation. */
  IGNORED_BITS_SET: { readonly slot: Uint8Array; readonly flags: bigint };

  // ── Crypto ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A point does not lie on BabyJubJub. */
  NOT_ON_CURVE: { readonly x: bigint; readonly y: bigint };
  /** A prover's key has an order that divides 8: anybody can sign for it. */
  KEY_SMALL_ORDER: { readonly x: bigint; readonly y: bigint };
  /** Poseidon is asked for a number of inputs that the protocol does not use. */
  UNSUPPORTED_ARITY: { readonly inputs: number };

  // ── Ledger and migration ───────────────────────────────────────────────────────────────────────────────────────────

  /**
   * There is no such account: the state has no account with this index, or the wallet has no account of this token.
   * `index` is undefined if any of the wallet's accounts would do.
   */
  UNKNOWN_ACCOUNT: { readonly index: number | undefined; readonly token?: bigint };
  /** A subtree of accounts is put where accounts are already. */
  SUBTREE_NOT_EMPTY: { readonly base: number; readonly capacity: number };
  /** The accounts of an arrival are not known, or those given have another root: `found`. */
  UNKNOWN_ARRIVALS: { readonly root: bigint; readonly found?: bigint | undefined };
  /** A forced operation is added to a batch that has transactions already. */
  FORCED_COMES_FIRST: { readonly forced: number; readonly transactions: number };
  /** A state has another depth than the profile of the circuits. */
  PROFILE_MISMATCH: { readonly depth: number; readonly expected: number };
  /** A slot among the accounts of an arrival is not the deposit that an arrival is. */
  NOT_AN_ARRIVAL: { readonly place: number };
  /** A token of one rollup is paired with two of the other, or ETH with another token. */
  AMBIGUOUS_PAIRS: { readonly pairs: readonly { readonly source: bigint; readonly target: bigint }[] };

  // ── B52: transcripts and proof trees ───────────────────────────────────────────────────────────────────────────────

  /** A published transcript has another root than L1, a ticket for node 0, or not one vote for each node. */
  BAD_TRANSCRIPT: {
    readonly what: "root of the votes" | "ticket of node 0" | "number of votes" | "points of a vote";
    readonly expected: bigint;
    readonly found: bigint;
  };
  /** The vote for a node was not opened. */
  UNKNOWN_VOTE: { readonly node: number };
  /** One child of a node is a leaf, the other is not. */
  CHILDREN_DIFFER: { readonly node: number; readonly left: "leaf" | "merge"; readonly right: "leaf" | "merge" };
  /** A proof is of another block than its place in the tree. */
  CONTEXT_MISMATCH: { readonly node: number; readonly expected: bigint; readonly found: bigint };
  /** A proof of node `found` stands in the place of `node`. */
  PLACE_MISMATCH: { readonly node: number; readonly found: number };
  /** A node's proof is needed and was not given. */
  PROOF_MISSING: { readonly node: number };
  /** The exits given for a leaf are not those of its proof. */
  EXITS_MISMATCH: { readonly node: number; readonly expected: bigint; readonly found: bigint };
  /** The digest of a published proof has another opening. */
  DIGEST_MISMATCH: { readonly node: number; readonly expected: bigint; readonly found: bigint };

  // ── Setup: circuits and keys ───────────────────────────────────────────────────────────────────────────────────────

  /** A circuit is not in `circuits.json`, was not prepared, or has no contract that uses it. */
  UNKNOWN_CIRCUIT: { readonly circuit: string };
  /** A circuit names a size that the profile does not have. */
  UNKNOWN_CIRCUIT_PARAMETER: { readonly circuit: string; readonly profile: string; readonly parameter: string };
  /** A circuit includes a file that does not exist. */
  CIRCUIT_INCLUDE_NOT_FOUND: { readonly include: string; readonly includedFrom: string };
  /** The compiler of circuits, circom, failed. */
  CIRCUIT_COMPILATION_FAILED: { readonly circuit: string; readonly output: string };
  /** A circuit needs a domain of more points than the field has: 2^`power` where 2^`maximum` is the largest. */
  CIRCUIT_TOO_LARGE: { readonly power: number; readonly maximum: number };
  /** A constraint system is over another field than BN254's scalar field. */
  WRONG_FIELD: { readonly fieldBytes: number };
  /** A file of circom or snarkjs (`r1cs`, `wtns`, `zkey`, `ptau`) is not one, is cut off, or lacks a section. */
  MALFORMED_BINARY_FILE: { readonly reason: string; readonly file?: string };
  /** A verification key is of another protocol or curve, or has other points than its public signals need. */
  INVALID_VERIFICATION_KEY: { readonly reason: string };
  /** Zero has no inverse. */
  DIVISION_BY_ZERO: NoData;
  /** The processes that compute the points of a development key failed, or gave other points than asked for. */
  POINT_COMPUTATION_FAILED: { readonly reason: string };

  // ── Setup: ceremony ────────────────────────────────────────────────────────────────────────────────────────────────

  /** No file of phase 1 was imported, or it is gone from where it was. */
  PHASE1_MISSING: { readonly file: string | undefined };
  /** A file of phase 1 has another BLAKE2b-512 than the published one. */
  PHASE1_HASH_MISMATCH: { readonly file: string; readonly expected: string; readonly found: string };
  /** A file of phase 1 has fewer powers of tau than the circuit needs: 2^`power` of 2^`needed`. */
  PHASE1_TOO_SMALL: {
    readonly circuit: string;
    readonly file: string;
    readonly power: number;
    readonly needed: number;
  };
  /** A file of phase 1 was not prepared for phase 2. */
  PHASE1_NOT_PREPARED: { readonly file: string };
  /** A folder has keys of this circuit, or keys on another phase 1, already. */
  CEREMONY_STARTED: { readonly folder: string; readonly circuit?: string; readonly phase1Blake2b?: string };
  /** A folder has no key of the circuit. */
  CEREMONY_NOT_STARTED: { readonly folder: string; readonly circuit: string };
  /** A key ends with a beacon: nobody may contribute any more. */
  CEREMONY_FINISHED: { readonly zkey: string };
  /** A key or its transcript lacks a participant's contribution, or the beacon at the end. */
  CEREMONY_INCOMPLETE: { readonly circuit: string; readonly contributions: readonly ("participant" | "beacon")[] };
  /** A key could not be made by snarkjs, or not be written completely. */
  CEREMONY_FAILED: { readonly zkey: string; readonly reason: string };
  /** A key does not follow from its constraint system, its phase 1 and its contributions. */
  CEREMONY_INVALID: { readonly zkey: string; readonly errors: readonly string[] };
  /** A key is not whole, or is not the key that the ceremony gave. */
  CEREMONY_KEY_DAMAGED: { readonly zkey: string };
  /** A circuit was changed after its ceremony. */
  CEREMONY_KEY_OUTDATED: { readonly circuit: string; readonly zkey: string };
  /** A key's contributions are not those of a transcript. */
  CEREMONY_TRANSCRIPT_DIFFERS: { readonly circuit: string; readonly what: string; readonly source: string };
  /** A file is not the transcript of a ceremony. */
  MALFORMED_TRANSCRIPT: { readonly path: string };
  /** A beacon is not 1 to 255 bytes in hexadecimal, or is not hashed 2^10 to 2^63 times. */
  INVALID_BEACON: { readonly beacon: string; readonly iterationsExponent: number };

  // ── Prover ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An input signal is missing, unknown, of another size, or not in [0, p). */
  INVALID_INPUT: { readonly reason: string; readonly signal?: string; readonly value?: bigint };
  /** A circuit does not accept an input: a `WitnessError`. */
  WITNESS_FAILED: {
    /** Templates in which it failed, from the innermost to the main component. */
    readonly templates: readonly string[];
  };
  /** The prover's program ended or failed, or its proof is not valid or not of what was asked for. */
  PROVER_FAILED: { readonly reason: string };
  /** The prover was disposed before the proof was made. */
  PROVER_DISPOSED: NoData;
  /** A proof has a point that is not affine, so the contracts' encoding has no room for it. */
  INVALID_PROOF: NoData;

  // ── Recursion ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Bytes are not a program of ACIR, or use a part of the format that this library does not. */
  MALFORMED_ACIR: { readonly reason: string };
  /** A program of ACIR does not say the same as the constraint system that it was made of. */
  CONVERSION_DIFFERS: {
    readonly what: string;
    /** Number of the first constraint that differs, if it is one. */
    readonly constraint?: number;
  };
  /** A witness violates its program; bb would make a worthless proof of it. Indexes of opcodes, ascending. */
  WITNESS_VIOLATES: { readonly opcodes: readonly number[] };
  /** This machine cannot run bb: it is not installed, or not made for this platform. */
  BB_UNAVAILABLE: { readonly reason: string; readonly platform: string };
  /** A circuit needs more memory than this machine has left. In bytes. */
  NOT_ENOUGH_MEMORY: { readonly needed: number; readonly available: number };
  /** A folder has no common reference string, or one of too few points. */
  CRS_MISSING: { readonly folder: string; readonly points: number; readonly needed: number };
  /** A common reference string is not the one that was asked for. `chunk` counts from 0. */
  CRS_DIFFERS: {
    readonly file: string;
    readonly chunk?: number;
    readonly expected: string;
    readonly found: string;
  };

  // ── L1: reading ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An address of an endpoint is not an URL with `http:` or `https:`. */
  INVALID_URL: { readonly url: string };
  /** An endpoint did not answer, however often it was asked; `cause` says why. */
  ENDPOINT_UNAVAILABLE: { readonly request: string };
  /** An endpoint refuses the logs of a single block. */
  ENDPOINT_REFUSED_RANGE: { readonly fromBlock: number; readonly toBlock: number };
  /** The answer of an endpoint, or of a node, is longer than the limit; it was not read to its end. */
  ANSWER_TOO_LARGE: { readonly maximum: number };
  /** An endpoint's answer lacks a field, or has it in another form than JSON-RPC says. */
  BAD_ANSWER: { readonly request: string; readonly field: string };
  /** Calldata are not those of the call that they should be. */
  BAD_CALLDATA: { readonly reason: string };
  /** L1 does not have a block, or has another in its place: the data that were read from it are worth nothing. */
  REORGANISED: { readonly block: number | "latest" };
  /** A block has too few confirmations to be read; `block` is undefined if its number is not known. */
  NOT_CONFIRMED: { readonly block: number | undefined; readonly confirmations: number };
  /** An endpoint left an event out, or has an event too many: its logs do not give what L1 records. */
  EVENTS_MISSING: { readonly what: string; readonly expected?: Recorded; readonly found?: Recorded };
  /** An endpoint does not have data whose hash L1 recorded, or has others. */
  DATA_UNAVAILABLE: { readonly what: string; readonly expected?: Recorded; readonly found?: Recorded };

  // ── L1: sending ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A contract refused a call: a `RevertError`. */
  REVERTED: Revert;
  /** A call needs more gas than it may use; it was not sent. */
  GAS_ABOVE_MAXIMUM: { readonly gas: bigint; readonly maximum: bigint };
  /**
   * A transaction may cost more than the limit, or the target of a departure asks more for the arrival; nothing was
   * sent. In wei; `fee` is undefined if the endpoint does not tell the price of gas.
   */
  FEE_ABOVE_MAXIMUM: { readonly fee: bigint | undefined; readonly maximum: bigint };
  /** The signer gave no transaction in time. It may send one yet. `timeout` in seconds. */
  NOT_SENT: { readonly timeout: number };
  /** The time limit is over, and the transaction may be mined yet: a `TransactionError`. */
  NOT_MINED: { readonly transaction: SentTransaction };
  /** Another transaction with its nonce was mined, so this one never will be: a `TransactionError`. */
  REPLACED: {
    readonly transaction: SentTransaction;
    /** Hash of the transaction that took its place; undefined if no transaction did, but an authorisation (EIP-7702). */
    readonly replacement: string | undefined;
    /** Whether the replacement cancels it: nothing is sent, to the sender itself. */
    readonly isCancelled: boolean;
  };

  // ── Agents: the rollup ─────────────────────────────────────────────────────────────────────────────────────────────

  /** There is no rollup at an address, or its deployment was not found from the block that was given. */
  UNKNOWN_DEPLOYMENT: { readonly address: string | undefined; readonly fromBlock?: number };
  /** A rollup was not deployed in the block that was given, or later. */
  WRONG_DEPLOYMENT_BLOCK: { readonly address: string; readonly block: number };
  /** Two states that have to be the same differ: a node's and L1's, or those between two proofs. */
  STATE_MISMATCH: { readonly differences: readonly Difference[] };
  /** There is no batch, or block of B52's chain, with this number. `batches` is how many there are. */
  UNKNOWN_BATCH: { readonly batch: number; readonly batches: number };
  /** A leaf's slot emitted no exit. */
  UNKNOWN_EXIT: { readonly batch: number; readonly leaf: number; readonly slot: number };
  /** A batch is not proven, so its exits cannot be claimed. */
  NOT_SETTLED: { readonly batch: number };

  // ── Agents: wallets and migrations ─────────────────────────────────────────────────────────────────────────────────

  /** A signer does not say its address without being asked: the options have to. */
  UNKNOWN_OWNER: NoData;
  /** An account is not what its user says it is: number, token, key and owner. */
  WRONG_PAYEE: { readonly index: number; readonly reason: string };
  /** A text is not that of a payee: `index:token:key:owner`. */
  BAD_PAYEE: { readonly text: string; readonly reason: string };
  /** An L1 transaction queued no forced operation. */
  NOT_QUEUED: { readonly transaction: string };
  /** A forced operation requested no departure. */
  UNKNOWN_DEPARTURE: { readonly operation: number };
  /** No departure is due. */
  NO_DEPARTURE: NoData;
  /** A rollup is not frozen, so a migration goes through its queue. */
  NOT_FROZEN: NoData;

  // ── Agents: the pool of transactions ───────────────────────────────────────────────────────────────────────────────

  /** A transaction's sender does not exist. */
  UNKNOWN_SENDER: { readonly account: number };
  /** A transaction has another token than its sender's account. */
  SENDER_TOKEN_MISMATCH: { readonly account: number; readonly expected: bigint; readonly found: bigint };
  /** A transaction has flags without a meaning. */
  UNKNOWN_FLAGS: { readonly flags: bigint };
  /** The sender's key did not sign a transaction with any nonce from `firstNonce` to `lastNonce`. */
  BAD_SIGNATURE: { readonly account: number; readonly firstNonce: bigint; readonly lastNonce: bigint };
  /** A transaction's nonce is used. */
  NONCE_USED: { readonly account: number; readonly nonce: bigint; readonly next: bigint };
  /** The pool has a transaction with the same nonce, and the new tip is not higher by a tenth. */
  TIP_TOO_LOW: { readonly account: number; readonly nonce: bigint; readonly tip: bigint; readonly known: bigint };
  /** The pool has a transaction with the same nonce, and it is in a batch that was posted. */
  ALREADY_POSTED: { readonly account: number; readonly nonce: bigint };
  /** The pool is full, and the others pay more, or this one could not be executed now. */
  POOL_FULL: { readonly size: number };

  // ── Agents: Proof of Efficiency ────────────────────────────────────────────────────────────────────────────────────

  /** As many leaves as L1 takes wait for their proofs. */
  RING_FULL: { readonly pending: number; readonly maximum: number };
  /** A range of batches is empty. */
  NOTHING_TO_PROVE: { readonly from: number; readonly to: number };
  /** One account has to post and prove, and the two agents have different ones. */
  OTHER_PROVER: { readonly sequencer: string; readonly prover: string };
  /** One call cannot hold all batches. */
  CALL_TOO_LARGE: { readonly batches: number; readonly maximum: number };

  // ── Agents: B52 ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A round was not opened. */
  UNKNOWN_ROUND: { readonly round: bigint };
  /** A proposer proved no block in a round; or, without data, no round is over with a block that was proven. */
  UNKNOWN_BLOCK: { readonly round?: bigint; readonly proposer?: string };
  /** A block does not build on the head. */
  WRONG_PARENT: { readonly parent: string; readonly head: string };
  /** The winner's bid is settled when the state advances. */
  ALREADY_SETTLED: { readonly round: bigint };
  /** A proposal that a proposer shows to a builder is not one that the builder can sell its block to. */
  UNFIT_PROPOSAL: Difference;
  /**
   * An offer of a builder does not cover its proposer's loss, its deadline is too near, or the builder's balance does not
   * cover it.
   */
  COVER_TOO_SMALL: { readonly what: "cover" | "balance" | "deadline"; readonly found: bigint; readonly needed: bigint };
  /** A builder must not reveal its block now; `reason` says why. */
  NOT_TO_BE_REVEALED: {
    readonly round: bigint;
    readonly reason: "no lock" | "no commitment" | "not deep enough" | "window not open" | "parent is not the head";
  };
  /** No open lock of a proposer for a round. */
  UNKNOWN_LOCK: { readonly proposer: string; readonly round: bigint };
  /** An escrow is of another consensus. */
  OTHER_CONSENSUS: { readonly expected: string; readonly found: string };

  // ── Node: its database ─────────────────────────────────────────────────────────────────────────────────────────────

  /** This version of Node.js has no `node:sqlite`. */
  SQLITE_MISSING: { readonly version: string; readonly needed: string };
  /** A database is of another chain or rollup. */
  DATABASE_OF_ANOTHER_ROLLUP: {
    readonly path: string;
    readonly what: "chain id" | "rollup" | "consensus";
    readonly expected: string;
    readonly found: string;
  };
  /** A part of a database has a format that this program does not read: a newer one, or one too old to be converted. */
  DATABASE_VERSION: { readonly path: string; readonly part: string; readonly expected: number; readonly found: number };
  /** Another process has the database open. */
  DATABASE_LOCKED: { readonly path: string };
  /** A file is not the database of a node. */
  NOT_A_DATABASE: { readonly path: string };
  /** A database is damaged. */
  DATABASE_CORRUPT: { readonly path: string; readonly reason: string };
  /** A state is older than the history that the database keeps, or was given up when L1 was reorganised. */
  STATE_GONE: { readonly path: string; readonly block?: number };
  /** A node that keeps its states on a disk has given up the state after a batch; `oldest` is the first that it has. */
  STATE_RELEASED: { readonly batch: number; readonly oldest: number };
  /** L1's head, less the confirmations, is before all blocks that a node has kept: the endpoint is behind, or of another chain. */
  L1_BEHIND: { readonly head: number; readonly oldest: number };
  /** A history of L1 that somebody tells cannot be true. */
  BAD_HISTORY: { readonly reason: string };
  /** A file is not a snapshot of this rollup, is damaged, or says something that is not so on L1. */
  BAD_SNAPSHOT: { readonly path: string; readonly reason: string };
  /** A database has no view of L1 that could be exported. */
  NOTHING_TO_EXPORT: { readonly path: string };
  /** A snapshot can be imported into an empty folder only. */
  DATABASE_EXISTS: { readonly path: string };
  /** The disk has less room than the operator wants to keep free; in bytes. */
  DISK_LOW: { readonly path: string; readonly free: number; readonly minimum: number };
  /** The disk has no room for what has to be written; nothing of the transaction is kept. */
  DATABASE_FULL: { readonly path: string };
  /** A database cannot be opened, read or written; nothing of the transaction is kept. */
  DATABASE_FAILED: { readonly path: string; readonly reason: string };

  // ── Node: its configuration ────────────────────────────────────────────────────────────────────────────────────────

  /** Options cannot be used, or are missing: a sentence for each. */
  BAD_CONFIGURATION: { readonly faults: readonly string[] };
  /** A rollup has a consensus that the node does not follow, or a B52 of an earlier version. */
  UNSUPPORTED_CONSENSUS: { readonly consensus: string };
  /** A node that proves was started without a prover. */
  NO_PROVER: NoData;
  /** A keystore file cannot be opened with the password, or the environment has no usable key. */
  BAD_KEY: { readonly source: string };

  // ── Node: its API ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A node that orders no transactions is given one. */
  NOT_A_SEQUENCER: NoData;
  /** A node that has just started has not looked at all accounts yet. */
  ACCOUNTS_NOT_READ: { readonly read: number; readonly accounts: number };
  /** A node keeps no accounts by key and owner. */
  NO_ACCOUNT_INDEX: NoData;
  /** A connection has as many subscriptions as it may have. */
  TOO_MANY_SUBSCRIPTIONS: { readonly maximum: number };

  // ── Node: the gossip network ───────────────────────────────────────────────────────────────────────────────────────

  /** Bytes are no message of the network, or a message has no encoding; `field` is where the fault is. */
  BAD_MESSAGE: { readonly field: string; readonly fault: MessageFault };
  /** A node refuses to publish a message of its own that its peers would not take; `reason` as in docs/network.md. */
  MESSAGE_REFUSED: { readonly kind: string; readonly reason: string };
  /** A file is not the key by which peers know a node. */
  BAD_PEER_KEY: { readonly path: string; readonly reason: string };
  /** A node cannot listen where it should, or an address of a peer is none. */
  NETWORK_FAILED: { readonly reason: string };

  // ── Node: its transactions on L1 ───────────────────────────────────────────────────────────────────────────────────

  /** A purpose has a transaction that does something else: a purpose means one thing for ever. */
  PURPOSE_TAKEN: { readonly purpose: string; readonly account: string };
  /** The signer of a node's agents is asked for a signature that no transaction of its outbox needs. */
  OUTBOX_ONLY: NoData;
  /** A signer signed another transaction than it was asked to. */
  WRONG_SIGNATURE: {
    readonly purpose: string;
    readonly what: string;
    readonly expected: Recorded;
    readonly found: Recorded;
  };

  // ── Deployment ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A choice of elections that do not exist, or do not fit together. */
  UNKNOWN_ELECTION: { readonly election: string };
  /** A module has no parameter of this name. */
  UNKNOWN_PARAMETER: { readonly name: string; readonly value?: unknown };
  /** A parameter is not given. */
  MISSING_PARAMETER: { readonly name: string };
  /** A parameter is outside its limit, or in conflict with another one. */
  BAD_PARAMETER: { readonly name: string; readonly value: unknown; readonly limit: string };
  /** A signer is not connected to a chain. */
  NO_PROVIDER: NoData;
  /** A contract is linked without the address of a library. */
  MISSING_LIBRARY: { readonly contract: string; readonly library: string };
  /** A verifying key whose secret is public is about to be deployed where money may be at stake. */
  DEVELOPMENT_KEY: { readonly chainId: bigint; readonly verifier: string };

  // ── A client of a node ─────────────────────────────────────────────────────────────────────────────────────────────

  /** A node did not answer in time, or with something that is no answer of JSON-RPC; asking again may help. */
  NODE_UNAVAILABLE: { readonly method: string; readonly reason: string };
  /**
   * A node's answer is not what the method answers, by the API's description: a field is missing, of another type or
   * out of its limits. `field` names it, and `found` is the start of its value as JSON.
   */
  BAD_NODE_ANSWER: { readonly method: string; readonly field: string; readonly limit: string; readonly found: string };
  /**
   * A node answers with an error. `rpcCode` is that of JSON-RPC, and `reason` the code of the error that the node threw,
   * such as `NONCE_USED`; undefined if it gave none.
   */
  NODE_REFUSED: { readonly method: string; readonly rpcCode: number; readonly reason: string | undefined };
  /** A node follows another rollup, or a rollup on another chain, than its client wants. */
  NODE_OF_ANOTHER_ROLLUP: {
    readonly what: "chain id" | "rollup" | "consensus";
    readonly expected: string;
    readonly found: string;
  };

  // ── Client and escape ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A wait was ended by its signal. */
  ABORTED: NoData;
  /** No batch will execute a transaction as things stand. */
  NOT_EXECUTABLE: { readonly reason: string };
  /** A rollup cannot be frozen: its operator is not late. */
  NOT_LATE: NoData;
}

/** The code of an error that the library throws. */
export type ErrorCode = keyof ErrorData;

/**
 * Base of errors with a code and data. Programs around the library derive their own errors from it, with their own
 * codes; the library throws `ProtocolError` only.
 */
export class CodedError<Data, Code extends keyof Data & string = keyof Data & string> extends Error {
  /** Stable: programs and tests compare it. */
  readonly code: Code;
  /** The values that disagree. */
  readonly data: Data[Code];

  constructor(code: Code, data: Data[Code], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.data = data;
  }
}

/**
 * The one class of all errors that this library throws on purpose; `RevertError`, `TransactionError` and `WitnessError`
 * are kinds of it.
 */
export class ProtocolError<Code extends ErrorCode = ErrorCode> extends CodedError<ErrorData, Code> {}

/**
 * Whether an error is a `ProtocolError`, and of one of these codes if there are any.
 *
 * @example
 * ```ts
 * try {
 *   await wallet.claim(place);
 * } catch (error) {
 *   if (!isProtocolError(error, "FEE_ABOVE_MAXIMUM")) throw error;
 *   console.log(`the claim may cost ${error.data.fee} wei, and the limit is ${error.data.maximum}`);
 * }
 * ```
 */
export function isProtocolError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is { [Each in Code]: ProtocolError<Each> }[Code] {
  if (!(error instanceof ProtocolError)) return false;
  const { code } = error as ProtocolError;
  return codes.length === 0 || (codes as readonly string[]).includes(code);
}
