// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { IBatchVerifier } from "./IBatchVerifier.sol";
import { ICoreDeployer } from "./ICoreDeployer.sol";
import { INativeBalances } from "./INativeBalances.sol";
import { IRollup } from "./IRollup.sol";
import { ISelector, Role } from "./ISelector.sol";
import { BatchHeader } from "../types/BatchHeader.sol";

/**
 * @title IProofOfEfficiency
 * @notice Consensus in two steps. Anyone posts batches, which L1 puts in order: the virtual state. Anyone proves
 *         them, and the first valid proof of one or more whole batches in order wins their fees: the final state.
 * @dev Source: "Proof of Efficiency", ethresear.ch 11988. Normative rules: docs/protocol.md §9.
 *
 *      Lifecycle of a batch: sequenced → verified. There is no way back and no other way: every batch that `sequence`
 *      accepts is provable, whatever its bytes say. If the rollup freezes, what is sequenced only is void.
 *      What waits for proofs is bounded in leaves, as leaves are what has to be proven. A full ring takes nothing until
 *      its oldest batch is proven, forced operations neither; the batch that comes then has to take those that are
 *      overdue. So a healthy system can be frozen only if `MAX_PENDING_LEAVES + MAX_LEAVES_PER_BATCH` leaves are not
 *      proven within `ESCAPE_DELAY − FORCED_DEADLINE` (docs/parameters.md).
 *      Invariants: INV-POE-01 to INV-POE-06, INV-QUEUE-03.
 */
interface IProofOfEfficiency is INativeBalances, ICoreDeployer {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param token Native token; moves exactly what it is asked to.
     * @param selector Who may sequence and prove; zero for everybody.
     * @param minFee Lower limit of the batch fee, at least 10^9 units, so that rounding cannot hold it.
     * @param maxFee Upper limit of the batch fee.
     * @param initialFee Batch fee at deployment.
     * @param leafBond Deposit for each leaf of a batch, lost if the batch's data commitment is false. Should cover
     *        posting the leaf's bytes once more.
     * @param baseFee What an L2 transaction pays for its proof, in wei, in batches whose fee token is ETH.
     * @param targetTime Seconds from sequencing to proof that the fee aims at, 1 … 30 days.
     * @param doublingTime Seconds of lateness that double the fee, 1 … 30 days. The core's `escapeDelay` is at least
     *        `forcedDeadline + 2 · targetTime + doublingTime`.
     * @param halvingTime Seconds without lateness that halve the fee, `doublingTime` … 30 days.
     * @param maxLeavesPerBatch At most `MAX_LEAVES_LIMIT`.
     * @param maxPendingLeaves Most leaves that may wait for proofs, at least `maxLeavesPerBatch`.
     */
    struct Parameters {
        IERC20 token;
        IBatchVerifier verifier;
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
     * What a sequencer posts.
     * @param data Forced operations first, then transactions (docs/protocol.md §4).
     * @param commitments `c` of each leaf, below the field's prime.
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
     * What L1 remembers of a batch, as part of a hash.
     * @param sequencer Who posted it.
     * @param header Written by L1 (docs/protocol.md §4), with the forced operations of the whole batch.
     * @param dataHash docs/protocol.md §7.
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
     * A proof of one leaf, with the public signals that L1 does not know (docs/protocol.md §6), in the order of a
     * statement (`Statements`), which begins with them.
     * @param evaluation `y`; ignored if the batch is proven with a corrected commitment, as L1 computes it then.
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
     * Proofs of all leaves of one batch.
     * @param falseOpenings Zero, if the sequencer's commitments are true. Else the hash of the recorded openings,
     *        `keccak256(abi.encodePacked(commitments, evaluations))`; the proofs then hold the true commitments.
     * @param exits Two words for each exit (`ShownExits`), in the order of slots, which are counted through the batch.
     * @param data The batch's data once more if `falseOpenings` is not zero; ignored otherwise.
     */
    struct BatchProof {
        BatchRecord record;
        LeafProof[] leaves;
        bytes32 falseOpenings;
        uint256[] exits;
        bytes data;
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Deployed, for the core that is going to be there.
    event ConsensusDeployed(IRollup indexed rollup);

    /// @notice A batch was sequenced. Its data and commitments are in the calldata of the transaction, or in
    ///         `BatchPublished`.
    event BatchSequenced(uint256 indexed batch, address indexed sequencer, bytes27 accumulator, BatchRecord record);

    /**
     * @notice What was posted, if a contract or an account with code posted it: its calldata is not that of the
     *         transaction, and nodes must not need a trace to find it.
     */
    event BatchPublished(uint256 indexed batch, BatchInput input);

    /// @notice Batches `from … to` were proven; the bonds of their sequencers were returned, except those of
    ///         false commitments.
    event BatchesVerified(
        uint256 indexed from,
        uint256 indexed to,
        address indexed aggregator,
        uint256 stateRoot,
        uint256 reward
    );

    /// @notice The sequencer of `batch` had given a false commitment; its bond is part of the aggregator's reward.
    event FalseCommitment(uint256 indexed batch, address indexed sequencer, uint256 bond);

    /// @notice A batch that was not proven before the freeze is void; its bond, `amount`, went back. Its fee is lost.
    event BatchRefunded(uint256 indexed batch, address indexed sequencer, uint256 amount);

    /// @notice The fee for a leaf at this moment, from which it falls or rises with time (`batchFee`).
    event BatchFeeUpdated(uint256 fee);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The selector does not let `account` act in `role` now.
    error NotAllowed(address account, Role role);

    /// @notice The call names no batch.
    error NoBatches();

    /// @notice Another batch came first: the last accumulator is not the expected one.
    error UnexpectedPrevious(bytes27 current, bytes27 expected);

    /// @notice The batch fee is higher than the sequencer accepts.
    error FeeAboveMaximum(uint256 fee, uint256 maximum);

    /// @notice With this batch, more leaves would be unproven than may be.
    error TooManyPendingLeaves(uint256 pending, uint256 limit);

    /// @notice The data is longer than the largest batch.
    error TooManyLeaves(uint256 leaves, uint256 limit);

    /// @notice One commitment a leaf is needed.
    error WrongCommitmentCount(uint256 count, uint256 leaves);

    /// @notice A commitment is not below the field's prime.
    error CommitmentNotInField(uint256 leaf, uint256 commitment);

    /// @notice All named batches are proven already.
    error AlreadyVerified(uint256 to, uint256 verified);

    /// @notice Proofs begin after the next unproven batch, or at batch 0, which does not exist.
    error WrongFirstBatch(uint256 from, uint256 next);

    /// @notice A header's timestamp lies between that of the batch before, at most `MAX_HEADER_AGE` ago, and now.
    error TimestampOutOfRange(uint256 timestamp, uint256 earliest, uint256 latest);

    /// @notice What is posted and proven in one call has to be proven up to its last batch, number `last`.
    error NotProven(uint256 pending, uint256 last);

    /// @notice Proofs reach past the last sequenced batch.
    error NotSequenced(uint256 to, uint256 sequenced);

    /// @notice The records or openings are not those of the batches up to `to`.
    error BatchMismatch(uint256 to, bytes27 computed, bytes27 recorded);

    /// @notice The data shown with a corrected commitment is not that of the batch.
    error WrongData(uint256 batch, bytes32 computed, bytes32 recorded);

    /// @notice This exit of the batch is not in its leaves, or in a leaf before that of an earlier exit; or the last
    ///         word has no second one.
    error InvalidExit(uint256 batch, uint256 exit);

    /// @notice One proof a leaf is needed.
    error WrongLeafCount(uint256 batch, uint256 count, uint256 leaves);

    /// @notice The accumulator of this batch is not, or no longer, known.
    error UnknownBatch(uint256 batch, uint256 oldest, uint256 newest);

    /// @notice A departure of `IMigration` happens at the end of the batch before this one: proofs have to end there.
    error DepartureInside(uint256 batch);

    /// @notice This is possible only after the rollup froze.
    error NotFrozen();

    /// @notice The batch was refunded before.
    error AlreadyRefunded(uint256 batch);

    /// @notice A parameter is out of its range.
    error InvalidParameter(string name, uint256 value);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Appends batches to the virtual chain. Anyone whom the selector allows.
     * @param maxFee Highest fee for a leaf that the caller accepts, in the native token.
     * @param expectedPrevious Accumulator that these batches are built on, so that the loser of a race reverts early;
     *        zero accepts any.
     * @dev Requirements
     *      - The caller's balance covers, for each batch, the bond for all leaves, and the fee for each leaf that is
     *        not filled with forced operations (those bring their own fees), and at least for one.
     *      - Forced operations are the next of the queue, and no overdue one is left out while there is room.
     *      - At most `MAX_PENDING_LEAVES` leaves are unproven then.
     *      Effects
     *      - L1 writes the header and binds the data at a random point of its own choice.
     *      Complexity: linear in the batches of the call.
     */
    function sequence(BatchInput[] calldata batches, uint256 maxFee, bytes27 expectedPrevious) external;

    /**
     * @notice Proves batches `from … from + proofs.length − 1`. Anyone whom the selector allows; the first valid
     *         proof wins. Batches of the range that were proven meanwhile are skipped, so a longer range is still
     *         worth its rest.
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
     * @notice Appends batches to the virtual chain and proves them, with all that wait before them, in one call: the
     *         data's bytes cost what execution leaves of their floor, and nobody else has to be paid for a proof.
     *         Anyone whom the selector allows both.
     * @dev The proofs are made before the call, so the caller and not L1 chooses the timestamp that the headers have
     *      (docs/adr/0051). Another caller who sequences first makes them worthless, as other batches come first:
     *      this call reverts then, and early if it names `expectedPrevious`.
     *      Requirements
     *      - Those of `sequence`, without fee and bond: the records have 0 for both.
     *      - Those of `verify`; the last proof is that of the last of `batches`.
     *      - Overdue forced operations are those that are overdue by L1's clock.
     *      Effects: those of both.
     *      Complexity: linear in the batches and leaves of the call.
     * @param timestamp Of the headers, in unix seconds: not before that of the last batch, not in the future, and at
     *        most `MAX_HEADER_AGE` ago.
     * @param expectedPrevious Accumulator that these batches are built on; zero accepts any.
     * @param from First batch of `proofs`, at most the next unproven one.
     * @param proofs Of batches that waited, then of `batches`.
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
     * @dev The fee is paid to nobody and stays in this contract: a sequencer loses what a proof would have cost it, not
     *      more; and no party that could prevent a freeze gains by it (docs/adr/0036). So filling the ring until the
     *      rollup freezes costs the batch fees as if it had been proven. Leaves that hold only forced operations pay
     *      none, beyond one leaf of each batch; the fees of their operations the core gives back.
     * @param record From the event `BatchSequenced`.
     * @param openings `keccak256(abi.encodePacked(commitments, evaluations))` of the batch.
     */
    function refundBatch(uint256 batch, BatchRecord calldata record, bytes32 openings) external;

    /// @notice Whether the batch was refunded.
    function isRefunded(uint256 batch) external view returns (bool);

    /**
     * @notice Fee for a leaf if a batch were sequenced now, in the native token.
     * @dev While the oldest unproven batch is older than `TARGET_TIME`, it grows by a factor of two in
     *      `DOUBLING_TIME`; at all other times it falls by a factor of two in `HALVING_TIME`. It depends on nothing but
     *      time and the moments of proofs: however many calls are made, in any t seconds it grows by a factor of at
     *      most 2^(t / DOUBLING_TIME), and falls by one of at most 2^(t / HALVING_TIME).
     */
    function batchFee() external view returns (uint256);

    /// @notice Number of batches in the virtual chain.
    function sequencedBatches() external view returns (uint256);

    /// @notice Number of proven batches.
    function verifiedBatches() external view returns (uint256);

    /// @notice Number of leaves that wait for proofs.
    function pendingLeaves() external view returns (uint256);

    /// @notice Number of forced operations in the virtual chain.
    function sequencedForced() external view returns (uint256);

    /// @notice Accumulator of a batch and the timestamp of its header. Known from the last proven batch on, and some
    ///         longer.
    function batchEntry(uint256 batch) external view returns (bytes27 accumulator, uint256 sequencedAt);

    /// @notice By how many seconds the header of a batch that is posted and proven in one call may be older than L1.
    function MAX_HEADER_AGE() external view returns (uint256);

    /// @notice Verifies leaf proofs.
    function VERIFIER() external view returns (IBatchVerifier);

    /// @notice Who may act now; zero for everybody.
    function SELECTOR() external view returns (ISelector);

    /// @notice Lower limit of the batch fee.
    function MIN_FEE() external view returns (uint96);

    /// @notice Upper limit of the batch fee.
    function MAX_FEE() external view returns (uint96);

    /// @notice Deposit for each leaf.
    function LEAF_BOND() external view returns (uint256);

    /// @notice Base fee of an L2 transaction in a batch whose fee token is ETH, in wei; 0 in others, as L1 has no
    ///         price.
    function BASE_FEE() external view returns (uint96);

    /// @notice Seconds.
    function TARGET_TIME() external view returns (uint256);

    /// @notice Seconds.
    function DOUBLING_TIME() external view returns (uint256);

    /// @notice Seconds.
    function HALVING_TIME() external view returns (uint256);

    /// @notice Most leaves of a batch.
    function MAX_LEAVES_PER_BATCH() external view returns (uint256);

    /// @notice Limit of `MAX_LEAVES_PER_BATCH`: proofs and, if a commitment is false, the data of one batch fit one
    ///         public transaction (`BatchSize`).
    function MAX_LEAVES_LIMIT() external view returns (uint256);

    /// @notice Most leaves that may wait for proofs; there are never more batches.
    function MAX_PENDING_LEAVES() external view returns (uint256);
}
