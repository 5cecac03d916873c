// SPDX-License-Identifier: MIT
/**
 * A rollup seen through L1, and everybody who acts on it: users with their wallets and their way out, sequencers and
 * proposers, provers. It needs an L1 endpoint; those who prove give it a prover of `/prover`. Examples: docs/client.md.
 *
 * @packageDocumentation
 */

// ── A rollup, found on L1 ────────────────────────────────────────────────────────────────────────────────────────────
export { openProvider, openRollup, type OpenedRollup, type OpenOptions } from "../escape/index.ts";
export {
  B52Node,
  RollupNode,
  type B52System,
  type BatchDeparture,
  type Candidate,
  type ChainBlock,
  type Departure,
  type DepartureRequest,
  type LedgerNode,
  type MigrationLog,
  type NodeBatch,
  type NodeDefault,
  type ProofOfEfficiencySystem,
  type ProvenBlock,
  type RoundStart,
  type SettledBatch,
  type SettledExit,
  type Settlement,
} from "../agents/index.ts";
export { fetchLogs, type EndpointOptions, type Patience, type ReadingOptions } from "../chain/index.ts";

// ── What happens to it ───────────────────────────────────────────────────────────────────────────────────────────────
export {
  after,
  events,
  statusOf,
  waitFor,
  waitForStatus,
  type B52Event,
  type CoreEvent,
  type EventOptions,
  type EventPlace,
  type Placed,
  type ProofOfEfficiencyEvent,
  type RollupEvent,
  type SlotPlace,
  type StatusOptions,
  type TransactionStatus,
  type UnknownReason,
  type WaitOptions,
} from "../client/index.ts";

// ── Transactions on L1 ───────────────────────────────────────────────────────────────────────────────────────────────
export {
  decodeRevert,
  decodeReverts,
  describeRevert,
  minedTransaction,
  RevertError,
  revertOfError,
  sendTransaction,
  TransactionError,
  waitForTransaction,
  type SendOptions,
} from "../chain/index.ts";

// ── Users ────────────────────────────────────────────────────────────────────────────────────────────────────────────
export {
  exitClaim,
  exitNumber,
  Migrator,
  operationOf,
  requirePayee,
  Wallet,
  type DeliveryLimits,
  type ExitPlace,
  type MoveOrder,
  type OwnAccount,
  type Transfer,
  type WalletOptions,
} from "../agents/index.ts";
export {
  earliestFreeze,
  escape,
  requireStateOfL1,
  type EscapeDust,
  type EscapeFailure,
  type EscapeOptions,
  type EscapeReport,
  type EscapeStep,
  type TokenId,
} from "../escape/index.ts";

// ── Builders ─────────────────────────────────────────────────────────────────────────────────────────────────────────
export {
  Builder,
  EscrowClient,
  hiddenContentOf,
  lossOf,
  orderContent,
  type BuilderOffer,
  type BuilderOptions,
  type BuiltBlock,
  type EscrowRules,
  type HiddenContent,
  type OpenLock,
  type OrderedContent,
  type ProposedBlock,
  type SignedOffer,
  type VotableDraft,
} from "../agents/index.ts";

// ── Sequencers and proposers ─────────────────────────────────────────────────────────────────────────────────────────
export {
  Proposer,
  Sequencer,
  TransactionPool,
  type BatchInput,
  type BatchPlan,
  type BlockPlan,
  type CommittedBlock,
  type DraftBlock,
  type ForcedPolicy,
  type PoolLimits,
  type PoolTerms,
  type ProposerOptions,
  type SequencerOptions,
  type TakenBefore,
} from "../agents/index.ts";

// ── Provers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
export { createOutputSigner, type OutputSigner } from "../crypto/index.ts";
export {
  Aggregator,
  BootAggregator,
  planProofs,
  ProofTree,
  StakedProver,
  type AggregatorOptions,
  type BatchProof,
  type BatchWork,
  type CallLimits,
  type LeafProof,
  type MergeFacts,
  type NodeProof,
  type NodeProofListener,
  type NodeStatement,
  type ProofListener,
  type ProvenRange,
} from "../agents/index.ts";
export { RegistryTree, Transcript, type NodePromise, type ShownVote, type Vote } from "../b52/index.ts";

// ── The ledger ───────────────────────────────────────────────────────────────────────────────────────────────────────
export {
  BatchBuilder,
  formatPayee,
  parsePayee,
  State,
  type Account,
  type AccountTree,
  type BatchResult,
  type BatchTerms,
  type Exit,
  type LeafResult,
  type OperationKind,
  type Outcome,
  type Payee,
  type Reason,
  type TransactionRequest,
} from "../ledger/index.ts";
export { type Field } from "../field.ts";
export { createProfile, type Profile } from "../profile.ts";
export {
  CodedError,
  isProtocolError,
  ProtocolError,
  type Difference,
  type ErrorCode,
  type ErrorData,
  type Recorded,
  type Revert,
  type SentTransaction,
} from "../errors.ts";
