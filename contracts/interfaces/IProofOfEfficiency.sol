// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { IChainVerifier } from "../verification/IChainVerifier.sol";
import { ICoreDeployer } from "./ICoreDeployer.sol";
import { INativeBalances } from "./INativeBalances.sol";
import { IRollup } from "./IRollup.sol";
import { ISelector, Role, RoleTerms } from "./ISelector.sol";
import { BatchHeader } from "../types/BatchHeader.sol";

/**
 * @title IProofOfEfficiency
 * @notice Orders and proves batches in two steps. Anyone posts batches, which L1 puts in order: the virtual state.
 *         Anyone proves them, and the first valid proof of one or more whole batches in order wins their fees: the
 *         final state.
 * @dev Source: "Proof of Efficiency", ethresear.ch 11988. Normative rules: docs/protocol.md §9.
 *
 *      Lifecycle of a batch: sequenced → verified. A batch never goes back, and every batch that `sequence` accepts is
 *      provable, for any bytes. If the rollup freezes, batches that are not verified are void.
 *      The number of unproven leaves is bounded. A full ring takes no batch and no forced operation until its oldest
 *      batch is proven; the next batch has to take the overdue operations. So a healthy system can be frozen only if
 *      `MAX_PENDING_LEAVES + MAX_LEAVES_PER_BATCH` leaves are not proven within `ESCAPE_DELAY − FORCED_DEADLINE`
 *      (docs/parameters.md).
 *      Invariants: INV-POE-01 to INV-POE-09, INV-QUEUE-03.
 */
interface IProofOfEfficiency is INativeBalances, ICoreDeployer {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of Proof of Efficiency at its deployment. They never change.
     * @param token Native token. It moves exactly the amount of a transfer.
     * @param verifier Verifier of the leaf circuit.
     * @param selector Contract that decides who may sequence and prove; zero for everybody. It is bound to this
     *        contract at the deployment, and names the terms of both roles (`ISelector`).
     * @param minFee Lower bound of the batch fee, at least 10^9 units, so that rounding cannot stop its rise.
     * @param maxFee Upper bound of the batch fee.
     * @param initialFee Batch fee at deployment.
     * @param leafBond Deposit for each leaf of a batch, lost if the batch's data commitment is false. It should cover
     *        the price of posting the leaf's bytes once more.
     * @param baseFee Fee of an L2 transaction for its proof, in wei, in batches whose fee token is ETH.
     * @param targetTime Seconds from sequencing to proof that the fee aims at, 1 … 30 days.
     * @param doublingTime Seconds of lateness that double the fee, 1 … 30 days. The core's `escapeDelay` is at least
     *        `forcedDeadline + 2 · targetTime + doublingTime`, plus the seconds after which the selector's role of a
     *        sequencer is open, plus twice those of an aggregator.
     * @param halvingTime Seconds without lateness that halve the fee, `doublingTime` … 30 days.
     * @param maxLeavesPerBatch Upper bound for the leaves of a batch, at most `MAX_LEAVES_LIMIT`.
     * @param maxPendingLeaves Upper bound for the leaves that wait for proofs, at least `maxLeavesPerBatch`.
     */
    struct Parameters {
        IERC20 token;
        IChainVerifier verifier;
        ISelector selector;
        uint96 minFee;
        uint96 maxFee;
        uint96 initialFee;
        uint96 leafBond;
        uint96 baseFee;
        uint32 targetTime;
        uint32 doublingTime;
        uint32 halvingTime;
        uint16 maxLeavesPerBatch;
        uint16 maxPendingLeaves;
    }

    /**
     * @notice Holds a batch as a sequencer posts it.
     * @param data Forced operations first, then transactions (docs/protocol.md §4).
     * @param commitments Commitment `c` of each leaf, below the field's prime.
     * @param forcedCount Number of forced operations at the beginning of `data`.
     * @param feeAccount L2 account that receives the tips.
     * @param feeToken Token in which the batch's transactions pay fees.
     */
    struct BatchInput {
        bytes data;
        uint256[] commitments;
        uint16 forcedCount;
        uint32 feeAccount;
        uint16 feeToken;
    }

    /**
     * @notice Describes a sequenced batch. L1 keeps its hash.
     * @param sequencer Account that posted the batch.
     * @param header Header that L1 wrote (docs/protocol.md §4), with the forced operations of the whole batch.
     * @param dataHash Hash of the data (docs/protocol.md §7).
     * @param fee Escrow for the aggregator, in the native token.
     * @param bond Deposit of the sequencer, in the native token.
     * @param forcedFees Fees of the forced operations, in wei.
     */
    struct BatchRecord {
        address sequencer;
        BatchHeader header;
        bytes32 dataHash;
        uint256 fee;
        uint256 bond;
        uint256 forcedFees;
    }

    /**
     * @notice Proves one leaf: the proof, and the public signals that L1 does not know (docs/protocol.md §6). They are
     *         the beginning of a statement (`Statements`), in its order.
     * @param evaluation Value `y` of the data. Ignored if the batch is proven with a corrected commitment: L1 then
     *        computes it.
     */
    struct LeafProof {
        uint256[8] proof;
        uint256 newStateRoot;
        uint256 exitsHash;
        uint256 proverFees;
        uint256 commitment;
        uint256 evaluation;
        uint256 digest;
    }

    /**
     * @notice Proves all leaves of one batch.
     * @param record Record of the batch.
     * @param leaves Proofs of its leaves, in order.
     * @param falseOpenings Zero if the sequencer's commitments are true. Else the hash of the recorded openings,
     *        `keccak256(abi.encodePacked(commitments, evaluations))`; the proofs then hold the true commitments.
     * @param exits Two words for each exit (`ShownExits`), ordered by slot. Slots are counted through the batch.
     * @param data Data of the batch once more if `falseOpenings` is not zero; ignored otherwise.
     */
    struct BatchProof {
        BatchRecord record;
        LeafProof[] leaves;
        bytes32 falseOpenings;
        uint256[] exits;
        bytes data;
    }

    /**
     * @notice Shows all leaves of one batch, for a joint proof. The proof says the rest.
     * @param record Record of the batch.
     * @param openings Commitment `c` of each leaf, then evaluation `y` of each: two words a leaf. If the sequencer's
     *        commitments are false, the true commitments; the evaluations are ignored, and computed by L1.
     * @param proverFees Fees of each leaf for its prover, in the batch's fee token.
     * @param falseOpenings Hash of the recorded openings if they are false, or zero, as in `BatchProof`.
     * @param exits Exits of the leaves, as in `BatchProof`.
     * @param data Data of the batch if the recorded openings are false, as in `BatchProof`.
     */
    struct JointBatch {
        BatchRecord record;
        uint256[] openings;
        uint256[] proverFees;
        bytes32 falseOpenings;
        uint256[] exits;
        bytes data;
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment. `rollup` is the address of the core, which is deployed later.
    event ConsensusDeployed(IRollup indexed rollup);

    /// @notice Logs a sequenced batch. Its data and commitments are in the calldata of the transaction, or in
    ///         `BatchPublished`.
    event BatchSequenced(uint256 indexed batch, address indexed sequencer, bytes27 accumulator, BatchRecord record);

    /// @notice Logs a batch that a contract or an account with code posted. Its calldata may differ from that of the
    ///         transaction, and nodes must find the data without a trace.
    event BatchPublished(uint256 indexed batch, BatchInput input);

    /// @notice Logs the proof of the batches `from … to`. The bonds of their sequencers were returned, except those of
    ///         false commitments.
    event BatchesVerified(
        uint256 indexed from,
        uint256 indexed to,
        address indexed aggregator,
        uint256 stateRoot,
        uint256 reward
    );

    /// @notice Logs a false commitment of the sequencer of `batch`. Its bond is part of the aggregator's reward.
    event FalseCommitment(uint256 indexed batch, address indexed sequencer, uint256 bond);

    /// @notice Logs the return of the bond, `amount`, of a batch that was not proven before the freeze. Its fee is
    ///         lost.
    event BatchRefunded(uint256 indexed batch, address indexed sequencer, uint256 amount);

    /// @notice Logs the fee for a leaf at this moment. From it the fee falls or rises with time (`batchFee`).
    event BatchFeeUpdated(uint256 fee);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects an account that the selector does not allow in `role` now.
    error NotAllowed(address account, Role role);

    /// @notice Rejects a call whose gas would not let the selector hear of it.
    error HearingGasMissing(uint256 gasLeft, uint256 needed);

    /// @notice Rejects a call without a batch.
    error NoBatches();

    /// @notice Rejects batches that do not build on the last accumulator: another batch came first.
    error UnexpectedPrevious(bytes27 current, bytes27 expected);

    /// @notice Rejects a batch fee above the sequencer's limit.
    error FeeAboveMaximum(uint256 fee, uint256 maximum);

    /// @notice Rejects a batch with which too many leaves would be unproven.
    error TooManyPendingLeaves(uint256 pending, uint256 limit);

    /// @notice Rejects data that is longer than the largest batch.
    error TooManyLeaves(uint256 leaves, uint256 limit);

    /// @notice Rejects a number of commitments that is not the number of leaves.
    error WrongCommitmentCount(uint256 count, uint256 leaves);

    /// @notice Rejects a commitment that is not below the field's prime.
    error CommitmentNotInField(uint256 leaf, uint256 commitment);

    /// @notice Rejects proofs of batches that are all proven.
    error AlreadyVerified(uint256 to, uint256 verified);

    /// @notice Rejects proofs that begin after the next unproven batch, or at batch 0, which does not exist; and a
    ///         joint proof that begins before that batch.
    error WrongFirstBatch(uint256 from, uint256 next);

    /// @notice Rejects a header's timestamp before `earliest` or after `latest`.
    error TimestampOutOfRange(uint256 timestamp, uint256 earliest, uint256 latest);

    /// @notice Rejects a call that posts batches and does not prove them up to the last one, number `last`.
    error NotProven(uint256 pending, uint256 last);

    /// @notice Rejects proofs of batches after the last sequenced one.
    error NotSequenced(uint256 to, uint256 sequenced);

    /// @notice Rejects records or openings that are not those of the batches up to `to`.
    error BatchMismatch(uint256 to, bytes27 computed, bytes27 recorded);

    /// @notice Rejects data with a corrected commitment that is not the data of the batch.
    error WrongData(uint256 batch, bytes32 computed, bytes32 recorded);

    /// @notice Rejects an exit that is not in the batch's leaves, or is in a leaf before that of an earlier exit, or
    ///         has no second word.
    error InvalidExit(uint256 batch, uint256 exit);

    /// @notice Rejects a number of openings that is not twice the number of leaves.
    error WrongOpeningCount(uint256 batch, uint256 count, uint256 expected);

    /// @notice Rejects a number of proofs that is not the number of leaves.
    error WrongLeafCount(uint256 batch, uint256 count, uint256 leaves);

    /// @notice Rejects a batch whose accumulator is not, or no longer, known.
    error UnknownBatch(uint256 batch, uint256 oldest, uint256 newest);

    /// @notice Rejects proofs that go on after a batch that took a departure (`IMigration`): they have to end there.
    error DepartureInside(uint256 batch);

    /// @notice Rejects a call before the rollup is frozen.
    error NotFrozen();

    /// @notice Rejects a second refund of a batch.
    error AlreadyRefunded(uint256 batch);

    /// @notice Rejects a parameter out of its range.
    error InvalidParameter(string name, uint256 value);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Appends batches to the virtual chain. Every account may call that the selector allows.
     * @param maxFee Highest fee for a leaf that the caller accepts, in the native token.
     * @param expectedPrevious Accumulator that these batches are built on, so that the loser of a race reverts early;
     *        zero accepts any.
     * @dev Requirements
     *      - The caller's balance covers, for each batch, the bond for all leaves, and the fee for each leaf that is
     *        not filled with forced operations (those bring their own fees), and at least for one.
     *      - Forced operations are the next of the queue. No overdue operation is left out while there is room.
     *      - At most `MAX_PENDING_LEAVES` leaves are unproven afterwards.
     *      Effects
     *      - L1 writes the header and binds the data at a random point of its own choice.
     *      Complexity: linear in the batches of the call.
     */
    function sequence(BatchInput[] calldata batches, uint256 maxFee, bytes27 expectedPrevious) external;

    /**
     * @notice Proves the batches `from … from + proofs.length − 1`. Every account may call that the selector allows;
     *         the first valid proof wins. Batches of the range that were proven meanwhile are skipped, and the caller
     *         earns the fees of the other ones.
     * @dev Requirements
     *      - The range begins at or before the next unproven batch and ends after the last proven one. A call that
     *        comes too late reverts before anything expensive.
     *      - Each proof is bound to the caller (`worker`), the batch (`context`), and this rollup (`domain`).
     *      - The range does not go beyond a batch that took a departure (docs/enforcement.md §5.4).
     *      Effects
     *      - The caller's balance grows by exactly the fees escrowed for these batches, and the bonds of false
     *        commitments; base fees and fees of forced operations are credited by the core.
     *      - The batch fee moves, see `batchFee`.
     *      Complexity: linear in the leaves of the call.
     */
    function verify(uint256 from, BatchProof[] calldata proofs) external;

    /**
     * @notice Does what `verify` does, with one joint proof of all leaves (docs/recursion.md). It says which states are
     *         between the leaves, so a leaf costs L1 a thirtieth of its own proof.
     * @dev Requirements and effects are those of `verify`, and `VERIFIER` has a key for joint proofs. But a joint proof
     *      is of all its leaves: if a batch of the range was proven meanwhile, the call reverts before the proof is
     *      verified (`WrongFirstBatch`). And the verifier checks where exits are: `InvalidExit` then has the number of
     *      the leaf in the chain (`StatementPoint`).
     * @param newStateRoot State root after the last batch.
     * @param proof Joint proof of the leaves of the batches, as `IChainVerifier` takes it.
     */
    function verifyJointly(
        uint256 from,
        JointBatch[] calldata batches,
        uint256 newStateRoot,
        bytes calldata proof
    ) external;

    /**
     * @notice Appends batches to the virtual chain and proves them in one call, together with all batches that wait
     *         before them. The gas of execution counts against the floor price of the data, and no other party is paid
     *         for a proof. Every account may call that the selector allows in both roles.
     * @dev The proofs are made before the call, so the caller and not L1 chooses the timestamp of the headers
     *      (docs/adr/0051).
     *      WARNING: If another caller sequences first, the proofs are worthless and this call reverts; it reverts early
     *      if it names `expectedPrevious`.
     *      Requirements
     *      - Those of `sequence`, without fee and bond: the records have 0 for both.
     *      - Those of `verify`; the last proof is that of the last of `batches`.
     *      - Overdue forced operations are those that are overdue by L1's clock.
     *      Effects: those of both.
     *      Complexity: linear in the batches and leaves of the call.
     * @param timestamp Timestamp of the headers, in unix seconds: not before that of the last batch, not in the future,
     *        and at most `MAX_HEADER_AGE` ago.
     * @param expectedPrevious Accumulator that these batches are built on; zero accepts any.
     * @param from First batch of `proofs`, at most the next unproven one.
     * @param proofs Proofs of the batches that waited, then of `batches`.
     */
    function sequenceAndVerify(
        BatchInput[] calldata batches,
        uint256 timestamp,
        bytes27 expectedPrevious,
        uint256 from,
        BatchProof[] calldata proofs
    ) external;

    /**
     * @notice Returns the bond of an unproven batch of a frozen rollup to its sequencer. Anyone may call.
     * @dev The fee stays in this contract and is paid to nobody. A sequencer loses the price of a proof, not more, and
     *      no party that could prevent a freeze gains by it (docs/adr/0036). So an attacker who fills the ring until
     *      the rollup freezes pays the batch fees of a ring that was proven. Leaves that hold only forced operations
     *      pay no fee beyond one leaf of each batch; the core returns the fees of their operations.
     * @param record Record in the event `BatchSequenced`.
     * @param openings Hash `keccak256(abi.encodePacked(commitments, evaluations))` of the batch.
     */
    function refundBatch(uint256 batch, BatchRecord calldata record, bytes32 openings) external;

    /// @notice Returns whether the batch was refunded.
    function isRefunded(uint256 batch) external view returns (bool);

    /**
     * @notice Returns the fee for a leaf of a batch that is sequenced now, in the native token.
     * @dev While the oldest unproven batch is older than `TARGET_TIME`, the fee doubles in `DOUBLING_TIME`; at all
     *      other times it halves in `HALVING_TIME`. It depends on time and on the moments of proofs only. For any
     *      number of calls, in t seconds it grows by a factor of at most 2^(t / DOUBLING_TIME), and falls by a factor
     *      of at most 2^(t / HALVING_TIME).
     */
    function batchFee() external view returns (uint256);

    /// @notice Returns the number of batches in the virtual chain.
    function sequencedBatches() external view returns (uint256);

    /// @notice Returns the number of proven batches.
    function verifiedBatches() external view returns (uint256);

    /// @notice Returns the number of leaves that wait for proofs.
    function pendingLeaves() external view returns (uint256);

    /// @notice Returns the number of forced operations in the virtual chain.
    function sequencedForced() external view returns (uint256);

    /// @notice Returns the accumulator of a batch and the timestamp of its header. Known from the last proven batch on,
    ///         and for some batches before it.
    function batchEntry(uint256 batch) external view returns (bytes27 accumulator, uint256 sequencedAt);

    /// @notice Returns the greatest age, in seconds, of the header of a batch that is posted and proven in one call.
    function MAX_HEADER_AGE() external view returns (uint256);

    /// @notice Returns the verifier of leaf proofs.
    function VERIFIER() external view returns (IChainVerifier);

    /// @notice Returns the contract that decides who may act now; zero for everybody.
    function SELECTOR() external view returns (ISelector);

    /**
     * @notice Returns whether `account` may act in `role` in this block: the role is open to everybody, or the selector
     *         allows it.
     * @dev WARNING: The answer comes from the selector. It may revert, and it may differ from the one to the call.
     */
    function isAllowed(address account, Role role) external view returns (bool);

    /**
     * @notice Returns the time, in unix seconds, from which everybody has `role` if no batch and no proof comes before.
     *         0 if everybody always has it; 2^256 − 1 for an aggregator while no batch waits for a proof.
     * @dev For a sequencer it is `opensAfter` after the timestamp of the last batch, or after the deadline of the
     *      oldest operation that no batch has taken, if that is earlier. For an aggregator it is `opensAfter` after the
     *      timestamp of the oldest unproven batch. From then on the selector is not asked. If it hears of calls in this
     *      role it is told, with `HEARING_GAS`, and the call goes on if that fails.
     */
    function opensAt(Role role) external view returns (uint256);

    /// @notice Returns the terms of a role, as the selector named them when it was bound.
    function termsOf(Role role) external view returns (RoleTerms memory);

    /// @notice Returns the gas with which the selector is told of a call that it is not asked about.
    function HEARING_GAS() external view returns (uint256);

    /// @notice Returns the lower bound of the batch fee.
    function MIN_FEE() external view returns (uint96);

    /// @notice Returns the upper bound of the batch fee.
    function MAX_FEE() external view returns (uint96);

    /// @notice Returns the deposit for each leaf, in the native token.
    function LEAF_BOND() external view returns (uint256);

    /// @notice Returns the base fee of an L2 transaction in a batch whose fee token is ETH, in wei. In other batches
    ///         the base fee is 0, since L1 knows no price of the token.
    function BASE_FEE() external view returns (uint96);

    /// @notice Returns the seconds from sequencing to proof that the fee aims at.
    function TARGET_TIME() external view returns (uint256);

    /// @notice Returns the seconds of lateness that double the fee.
    function DOUBLING_TIME() external view returns (uint256);

    /// @notice Returns the seconds without lateness that halve the fee.
    function HALVING_TIME() external view returns (uint256);

    /// @notice Returns the upper bound for the leaves of a batch.
    function MAX_LEAVES_PER_BATCH() external view returns (uint256);

    /// @notice Returns the upper bound for `maxLeavesPerBatch`. With it the proofs of one batch, and its data if a
    ///         commitment is false, fit one public transaction (`BatchSize`).
    function MAX_LEAVES_LIMIT() external view returns (uint256);

    /// @notice Returns the upper bound for the leaves that wait for proofs, and so for the batches that wait.
    function MAX_PENDING_LEAVES() external view returns (uint256);
}
