// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IChainVerifier } from "../../verification/IChainVerifier.sol";
import { LEAF_CIRCUIT } from "../../verification/circuitIds.sol";
import { IProofOfEfficiency } from "../../interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { ISelector, Role, RoleTerms } from "../../interfaces/ISelector.sol";
import { BN254 } from "../../verification/batch/BN254.sol";
import { Admission } from "../../libraries/Admission.sol";
import { BatchFee } from "../../libraries/BatchFee.sol";
import { BatchSize } from "../../libraries/BatchSize.sol";
import { CircuitSizes } from "../../libraries/CircuitSizes.sol";
import { DirectCall } from "../../libraries/DirectCall.sol";
import { LeafChain } from "../../libraries/LeafChain.sol";
import { Openings } from "../../libraries/Openings.sol";
import { ShownExits } from "../../libraries/ShownExits.sol";
import { Statements } from "../../verification/batch/Statements.sol";
import { BatchHeader, packBatchHeader } from "../../types/BatchHeader.sol";
import { HashAndTime, packHashAndTime } from "../../types/HashAndTime.sol";
import { LeafVerifyingKey } from "../../verification/keys/LeafVerifyingKey.sol";
import { CoreDeployer } from "../CoreDeployer.sol";
import { NativeBalances } from "../NativeBalances.sol";
import { DataAvailability } from "./DataAvailability.sol";

/// @title ProofOfEfficiencyBase
/// @notice Runs Proof of Efficiency. A data availability mode says where the data of batches is.
abstract contract ProofOfEfficiencyBase is NativeBalances, CoreDeployer, DataAvailability, IProofOfEfficiency {
    using Openings for uint256[];
    using ShownExits for ShownExits.Nodes;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Counts batches, and holds the batch fee.
    struct State {
        uint40 sequencedBatches; // slot 0
        uint16 pendingBatches; // slot 0: sequenced batches that are not proven; each has at least one leaf
        uint16 pendingLeaves; // slot 0: leaves of all pending batches, at most `MAX_PENDING_LEAVES`
        uint40 sequencedForced; // slot 0
        uint96 fee; // slot 0: fee for a leaf at `feeUpdatedAt`
        uint40 feeUpdatedAt; // slot 0
    }

    /// @dev Terms of a sequenced batch. In memory only.
    struct Terms {
        uint256 fee; // for a leaf
        uint256 bond; // for a leaf
        uint256 timestamp; // of the header
    }

    /// @dev Says what becomes of the bond of a batch that is proven. In memory only.
    struct Outcome {
        address sequencer;
        uint256 bond;
        bool truthful; // whether the sequencer's commitments were true
    }

    /// @dev Gathers the statements of a call, and the fields of its transition. In memory only.
    struct Derivation {
        bytes27 accumulator;
        uint256 stateRoot;
        bytes statements; // in the encoding of `Statements`; for a joint proof in that of `LeafChain`
        uint256 statementsEnd;
        ShownExits.Nodes exits;
        IRollup.Payment[] payments; // the first one is ETH
        uint256 paymentCount;
        Outcome[] outcomes; // of the batches that the call proves
        uint256 forcedCount;
        uint256 untilDeparture; // see `IForcedQueue.base`
        uint256 reward;
        uint256 leaves;
    }

    /// @dev Words of a leaf's statement after `digest`, in their order (docs/protocol.md §6). In memory only.
    struct LeafInputs {
        uint256 oldStateRoot;
        BatchHeader header;
        uint256 z;
        uint256 sequencer;
        uint256 domain;
        uint256 context;
        uint256 worker;
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint16 private constant ETH = 0;
    uint96 private constant LOWEST_MIN_FEE = 1e9;

    /// @inheritdoc IProofOfEfficiency
    uint256 public constant MAX_HEADER_AGE = 1 hours;

    /// @inheritdoc IProofOfEfficiency
    uint256 public constant HEARING_GAS = 500_000;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProofOfEfficiency
    uint256 public immutable MAX_LEAVES_LIMIT = BatchSize.maxLeaves(LeafVerifyingKey.SLOTS);

    /// @inheritdoc IProofOfEfficiency
    IChainVerifier public immutable VERIFIER;

    /// @inheritdoc IProofOfEfficiency
    ISelector public immutable SELECTOR;

    uint32 private immutable SEQUENCER_OPENS_AFTER;
    uint32 private immutable AGGREGATOR_OPENS_AFTER;
    bool private immutable HEARS_OF_BATCHES;
    bool private immutable HEARS_OF_PROOFS;

    /// @inheritdoc IProofOfEfficiency
    uint96 public immutable MIN_FEE;

    /// @inheritdoc IProofOfEfficiency
    uint96 public immutable MAX_FEE;

    /// @inheritdoc IProofOfEfficiency
    uint256 public immutable LEAF_BOND;

    /// @inheritdoc IProofOfEfficiency
    uint96 public immutable BASE_FEE;

    /// @inheritdoc IProofOfEfficiency
    uint256 public immutable TARGET_TIME;

    /// @inheritdoc IProofOfEfficiency
    uint256 public immutable DOUBLING_TIME;

    /// @inheritdoc IProofOfEfficiency
    uint256 public immutable HALVING_TIME;

    /// @inheritdoc IProofOfEfficiency
    uint256 public immutable MAX_LEAVES_PER_BATCH;

    /// @inheritdoc IProofOfEfficiency
    uint256 public immutable MAX_PENDING_LEAVES;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    State private _state;

    /// @dev A ring: batch i is at i mod (MAX_PENDING_LEAVES + 1). A batch has at least one leaf, so the last proven
    ///      batch is never overwritten.
    mapping(uint256 place => HashAndTime) private _entries;

    /// @inheritdoc IProofOfEfficiency
    mapping(uint256 batch => bool) public isRefunded;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IRollup.CoreParameters memory core,
        Parameters memory params,
        bytes32 coreCodeHash
    ) NativeBalances(params.token) CoreDeployer(core, coreCodeHash, 1) {
        if (address(params.token).code.length == 0) revert InvalidParameter("token", uint160(address(params.token)));
        if (address(params.verifier).code.length == 0) {
            revert InvalidParameter("verifier", uint160(address(params.verifier)));
        }
        CircuitSizes.requireLeafVerifier(address(params.verifier));
        if (params.minFee < LOWEST_MIN_FEE) revert InvalidParameter("minFee", params.minFee);
        if (params.maxFee < params.minFee) revert InvalidParameter("maxFee", params.maxFee);
        if (params.initialFee < params.minFee || params.initialFee > params.maxFee) {
            revert InvalidParameter("initialFee", params.initialFee);
        }
        _requireTime("targetTime", params.targetTime);
        _requireTime("doublingTime", params.doublingTime);
        _requireTime("halvingTime", params.halvingTime);
        // Check: a fee that falls faster than it rises would settle where most batches are late.
        if (params.halvingTime < params.doublingTime) revert InvalidParameter("halvingTime", params.halvingTime);
        if (params.maxLeavesPerBatch == 0 || params.maxLeavesPerBatch > MAX_LEAVES_LIMIT) {
            revert InvalidParameter("maxLeavesPerBatch", params.maxLeavesPerBatch);
        }
        // Check: the largest batch fits into the ring.
        if (params.maxPendingLeaves < params.maxLeavesPerBatch) {
            revert InvalidParameter("maxPendingLeaves", params.maxPendingLeaves);
        }
        // Check: a healthy system executes an operation within `margin` after its deadline. A full ring has room for
        // the batch that takes the operation after one target time, and the batch is proven after another one; a fee
        // that was too low needs at least one doubling.
        // With a selector, others wait for silent elected parties: for an aggregator while the ring is full, for a
        // sequencer, and for an aggregator again once the operation is taken.
        (RoleTerms memory sequencer, RoleTerms memory aggregator) = _bindSelector(params.selector, params.targetTime);
        uint256 margin = 2 * uint256(params.targetTime) + params.doublingTime;
        margin += sequencer.opensAfter + 2 * uint256(aggregator.opensAfter);
        if (core.escapeDelay < core.forcedDeadline + margin) revert InvalidParameter("escapeDelay", core.escapeDelay);

        VERIFIER = params.verifier;
        SELECTOR = params.selector;
        (SEQUENCER_OPENS_AFTER, HEARS_OF_BATCHES) = (sequencer.opensAfter, sequencer.isHeard);
        (AGGREGATOR_OPENS_AFTER, HEARS_OF_PROOFS) = (aggregator.opensAfter, aggregator.isHeard);
        MIN_FEE = params.minFee;
        MAX_FEE = params.maxFee;
        LEAF_BOND = params.leafBond;
        BASE_FEE = params.baseFee;
        TARGET_TIME = params.targetTime;
        DOUBLING_TIME = params.doublingTime;
        HALVING_TIME = params.halvingTime;
        MAX_LEAVES_PER_BATCH = params.maxLeavesPerBatch;
        MAX_PENDING_LEAVES = params.maxPendingLeaves;

        _state.fee = params.initialFee;
        _state.feeUpdatedAt = uint40(block.timestamp);
        emit ConsensusDeployed(ROLLUP);
        emit BatchFeeUpdated(params.initialFee);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProofOfEfficiency
    function sequence(BatchInput[] calldata batches, uint256 maxFee, bytes27 expectedPrevious) external {
        _admitBatches(batches);
        State memory state = _state;
        bytes27 previous = _requirePrevious(state, expectedPrevious);
        Terms memory terms = Terms(_fee(state), LEAF_BOND, block.timestamp);
        if (terms.fee > maxFee) revert FeeAboveMaximum(terms.fee, maxFee);
        _debit(msg.sender, _sequenceAll(state, batches, previous, terms));
        _state = state;
    }

    /// @inheritdoc IProofOfEfficiency
    function verify(uint256 from, BatchProof[] calldata proofs) external {
        if (address(SELECTOR) != address(0)) _admitProof(from, _leafCounts(proofs));
        State memory state = _state;
        uint256 fee = _fee(state);
        _verify(state, fee, from, proofs);
    }

    /// @inheritdoc IProofOfEfficiency
    function verifyJointly(
        uint256 from,
        JointBatch[] calldata batches,
        uint256 newStateRoot,
        bytes calldata proof
    ) external {
        if (address(SELECTOR) != address(0)) _admitProof(from, _leafCounts(batches));
        State memory state = _state;
        uint256 fee = _fee(state);
        uint256 skipped = _requireRange(state, from, batches.length);
        // Check: the proof is of all batches of the call.
        if (skipped > 0) revert WrongFirstBatch(from, from + skipped);
        Derivation memory derived = _deriveJointly(from, batches);
        _requireRecorded(from + batches.length - 1, derived.accumulator);
        uint256 oldStateRoot = derived.stateRoot;
        derived.stateRoot = newStateRoot;
        VERIFIER.verifyChain(derived.statements, oldStateRoot, newStateRoot, proof);
        _settle(state, fee, from, derived);
    }

    /// @inheritdoc IProofOfEfficiency
    function sequenceAndVerify(
        BatchInput[] calldata batches,
        uint256 timestamp,
        bytes27 expectedPrevious,
        uint256 from,
        BatchProof[] calldata proofs
    ) external {
        _admitBatches(batches);
        if (address(SELECTOR) != address(0)) _admitProof(from, _leafCounts(proofs));
        State memory state = _state;
        bytes27 previous = _requirePrevious(state, expectedPrevious);
        uint256 earliest = Math.max(
            _entry(state.sequencedBatches).timeOf(),
            Math.saturatingSub(block.timestamp, MAX_HEADER_AGE)
        );
        if (timestamp < earliest || timestamp > block.timestamp) {
            revert TimestampOutOfRange(timestamp, earliest, block.timestamp);
        }
        // The new batches never wait for a proof, so the fee does not depend on them.
        uint256 fee = _fee(state);
        _sequenceAll(state, batches, previous, Terms(0, 0, timestamp));
        _verify(state, fee, from, proofs);
        if (state.pendingBatches > 0) revert NotProven(state.pendingBatches, state.sequencedBatches);
    }

    /// @inheritdoc IProofOfEfficiency
    function refundBatch(uint256 batch, BatchRecord calldata record, bytes32 openings) external {
        if (!ROLLUP.isFrozen()) revert NotFrozen();
        State memory state = _state;
        uint256 oldest = _oldestPending(state);
        if (batch < oldest) revert AlreadyVerified(batch, oldest - 1);
        if (batch > state.sequencedBatches) revert NotSequenced(batch, state.sequencedBatches);
        bytes27 shown = bytes27(_accumulateShown(_entry(batch - 1).hashOf(), record, openings));
        bytes27 recorded = _entry(batch).hashOf();
        if (shown != recorded) revert BatchMismatch(batch, shown, recorded);
        if (isRefunded[batch]) revert AlreadyRefunded(batch);
        isRefunded[batch] = true;
        // The fee stays in this contract: a batch costs its fee also if the rollup freezes, and nobody gains by a
        // freeze. Leaves that hold only forced operations paid no fee (`_sequence`).
        emit BatchRefunded(batch, record.sequencer, record.bond);
        _credit(record.sequencer, record.bond);
    }

    /// @inheritdoc IProofOfEfficiency
    function batchFee() external view returns (uint256) {
        return _fee(_state);
    }

    /// @inheritdoc IProofOfEfficiency
    function sequencedBatches() external view returns (uint256) {
        return _state.sequencedBatches;
    }

    /// @inheritdoc IProofOfEfficiency
    function verifiedBatches() external view returns (uint256) {
        return _oldestPending(_state) - 1;
    }

    /// @inheritdoc IProofOfEfficiency
    function pendingLeaves() external view returns (uint256) {
        return _state.pendingLeaves;
    }

    /// @inheritdoc IProofOfEfficiency
    function sequencedForced() external view returns (uint256) {
        return _state.sequencedForced;
    }

    /// @inheritdoc IProofOfEfficiency
    function batchEntry(uint256 batch) external view returns (bytes27 accumulator, uint256 sequencedAt) {
        uint256 newest = _state.sequencedBatches;
        uint256 oldest = Math.saturatingSub(newest, MAX_PENDING_LEAVES);
        if (batch < oldest || batch > newest) revert UnknownBatch(batch, oldest, newest);
        HashAndTime entry = _entry(batch);
        return (entry.hashOf(), entry.timeOf());
    }

    /// @inheritdoc IProofOfEfficiency
    function opensAt(Role role) external view returns (uint256) {
        return _opensAt(_state, role);
    }

    /// @inheritdoc IProofOfEfficiency
    function termsOf(Role role) external view returns (RoleTerms memory) {
        return
            role == Role.Sequencer
                ? RoleTerms(SEQUENCER_OPENS_AFTER, HEARS_OF_BATCHES)
                : RoleTerms(AGGREGATOR_OPENS_AFTER, HEARS_OF_PROOFS);
    }

    /// @inheritdoc IProofOfEfficiency
    function isAllowed(address account, Role role) external view returns (bool) {
        State memory state = _state;
        if (address(SELECTOR) == address(0) || block.timestamp >= _opensAt(state, role)) return true;
        uint256 first = role == Role.Sequencer ? uint256(state.sequencedBatches) + 1 : _oldestPending(state);
        return SELECTOR.isAllowed(account, role, first);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc CoreDeployer
    /// @dev Before, there is no entry to build on.
    function _begin() internal override {
        _entries[0] = packHashAndTime(keccak256(abi.encode(DOMAIN)), block.timestamp);
    }

    // ─── Private: selector ───────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Binds the selector, and returns its terms; if there is none, those of roles that are always open.
    function _bindSelector(
        ISelector selector,
        uint256 targetTime
    ) private returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        if (address(selector) == address(0)) return (sequencer, aggregator);
        if (address(selector).code.length == 0) revert InvalidParameter("selector", uint160(address(selector)));
        (sequencer, aggregator) = selector.bind(address(this));
        // Check: a batch with the oldest header that it may have does not open the role at once.
        uint256 opensAfter = sequencer.opensAfter;
        if ((opensAfter > 0 && opensAfter <= MAX_HEADER_AGE) || opensAfter > 30 days) {
            revert InvalidParameter("sequencer.opensAfter", opensAfter);
        }
        // Check: everybody may prove before the fee rises, so no elected aggregator waits for a higher fee.
        if (aggregator.opensAfter > targetTime) {
            revert InvalidParameter("aggregator.opensAfter", aggregator.opensAfter);
        }
    }

    /// @dev Asks the selector about new batches, or tells it of them. The caller reads the state afterwards: the
    ///      selector may call back.
    function _admitBatches(BatchInput[] calldata batches) private {
        if (address(SELECTOR) == address(0)) return;
        State memory state = _state;
        bool open = block.timestamp >= _opensAt(state, Role.Sequencer);
        if (open && !HEARS_OF_BATCHES) return;
        uint256 leaves = 0;
        for (uint256 i = 0; i < batches.length; ++i) {
            (uint256 ofBatch, ) = _layout(batches[i].data, batches[i].forcedCount);
            leaves += ofBatch;
        }
        uint256 sequenced = state.sequencedBatches;
        _admit(open, Role.Sequencer, sequenced + 1, sequenced + batches.length, leaves);
    }

    /// @dev Asks the selector about a proof, or tells it of it. The range is checked later. The caller reads the state
    ///      afterwards.
    /// @param leafCounts Leaves of each batch of the call, as the caller says. Only of a rollup with a selector.
    function _admitProof(uint256 from, uint256[] memory leafCounts) private {
        State memory state = _state;
        bool open = block.timestamp >= _opensAt(state, Role.Aggregator);
        if (open && !HEARS_OF_PROOFS) return;
        uint256 next = _oldestPending(state);
        uint256 leaves = 0;
        // Unchecked: a range that wraps is rejected later with an error that names it.
        unchecked {
            for (uint256 i = 0; i < leafCounts.length; ++i) {
                uint256 batch = from + i;
                if (batch >= next && batch <= state.sequencedBatches) leaves += leafCounts[i];
            }
            _admit(open, Role.Aggregator, Math.max(from, next), from + leafCounts.length - 1, leaves);
        }
    }

    /// @dev Returns the number of leaves of each batch.
    function _leafCounts(BatchProof[] calldata proofs) private pure returns (uint256[] memory counts) {
        counts = new uint256[](proofs.length);
        for (uint256 i = 0; i < proofs.length; ++i) counts[i] = proofs[i].leaves.length;
    }

    /// @dev Returns the number of leaves of each batch.
    function _leafCounts(JointBatch[] calldata batches) private pure returns (uint256[] memory counts) {
        counts = new uint256[](batches.length);
        for (uint256 i = 0; i < batches.length; ++i) counts[i] = batches[i].proverFees.length;
    }

    /// @dev Asks the selector whether the caller may act, or, if the role is open, tells it of the call.
    function _admit(bool open, Role role, uint256 first, uint256 last, uint256 leaves) private {
        if (open) {
            Admission.tell(SELECTOR, HEARING_GAS, msg.sender, role, first, last, leaves);
        } else if (!Admission.ask(SELECTOR, msg.sender, role, first, last, leaves)) {
            revert NotAllowed(msg.sender, role);
        }
    }

    /// @dev Returns the time from which everybody has a role: 0 for all times, 2^256 − 1 while no batch waits for an
    ///      aggregator.
    function _opensAt(State memory state, Role role) private view returns (uint256) {
        if (role == Role.Sequencer) return _sequencersOpenAt(state);
        if (AGGREGATOR_OPENS_AFTER == 0) return 0;
        if (state.pendingBatches == 0) return type(uint256).max;
        return _entry(_oldestPending(state)).timeOf() + AGGREGATOR_OPENS_AFTER;
    }

    /// @dev Returns the time from which everybody may sequence: after the last batch, or after the deadline of the
    ///      oldest operation that no batch has taken, whichever is first.
    function _sequencersOpenAt(State memory state) private view returns (uint256 time) {
        if (SEQUENCER_OPENS_AFTER == 0) return 0;
        time = _entry(state.sequencedBatches).timeOf() + SEQUENCER_OPENS_AFTER;
        // The core does not exist before the first entry does.
        if (block.timestamp >= time) return time;
        uint256 taken = state.sequencedForced;
        if (ROLLUP.queuedOperations() == taken) return time;
        (, uint256 queuedAt) = ROLLUP.forcedOperation(taken + 1);
        return Math.min(time, queuedAt + ROLLUP.FORCED_DEADLINE() + SEQUENCER_OPENS_AFTER);
    }

    // ─── Private: sequencing ─────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev Appends batches and counts them in `state`, which the caller stores.
     * @param previous Accumulator of the batch before them.
     * @return cost Sum of their fees and bonds.
     */
    function _sequenceAll(
        State memory state,
        BatchInput[] calldata batches,
        bytes27 previous,
        Terms memory terms
    ) private returns (uint256 cost) {
        if (batches.length == 0) revert NoBatches();
        for (uint256 i = 0; i < batches.length; ++i) {
            uint256 ofBatch;
            (previous, ofBatch) = _sequence(state, batches[i], previous, terms);
            cost += ofBatch;
        }
    }

    /**
     * @dev Appends one batch and counts it in `state`, which the caller stores.
     * @return accumulator Accumulator of this batch.
     * @return cost Sum of its fee and its bond.
     */
    function _sequence(
        State memory state,
        BatchInput calldata batch,
        bytes27 previous,
        Terms memory terms
    ) private returns (bytes27 accumulator, uint256 cost) {
        (uint256 leaves, bytes calldata forcedSlots) = _layout(batch.data, batch.forcedCount);
        if (leaves > MAX_LEAVES_PER_BATCH) revert TooManyLeaves(leaves, MAX_LEAVES_PER_BATCH);
        uint256 pending = state.pendingLeaves + leaves;
        if (pending > MAX_PENDING_LEAVES) revert TooManyPendingLeaves(pending, MAX_PENDING_LEAVES);
        uint256[] memory commitments = batch.commitments;
        if (commitments.length != leaves) revert WrongCommitmentCount(commitments.length, leaves);
        for (uint256 i = 0; i < leaves; ++i) {
            if (commitments[i] >= BN254.SCALAR_FIELD) revert CommitmentNotInField(i, commitments[i]);
        }

        BatchRecord memory record;
        record.sequencer = msg.sender;
        record.header = packBatchHeader(
            batch.feeToken == ETH ? BASE_FEE : 0,
            batch.feeToken,
            batch.feeAccount,
            batch.forcedCount,
            terms.timestamp
        );
        // Deadlines follow L1's clock, not the header.
        record.forcedFees = ROLLUP.previewForced(
            state.sequencedForced,
            batch.forcedCount,
            forcedSlots,
            leaves * LeafVerifyingKey.SLOTS,
            block.timestamp
        );
        record.fee = terms.fee * Math.max(1, leaves - batch.forcedCount / LeafVerifyingKey.SLOTS);
        record.bond = terms.bond * leaves;
        uint256[] memory evaluations;
        (record.dataHash, evaluations) = _bind(batch.data, commitments);

        uint256 number = ++state.sequencedBatches;
        ++state.pendingBatches;
        state.pendingLeaves = uint16(pending);
        state.sequencedForced += batch.forcedCount;
        bytes32 full = _accumulate(previous, record, keccak256(abi.encodePacked(commitments, evaluations)));
        _entries[number % (MAX_PENDING_LEAVES + 1)] = packHashAndTime(full, terms.timestamp);
        accumulator = bytes27(full);
        emit BatchSequenced(number, msg.sender, accumulator, record);
        if (!DirectCall.isDirect()) emit BatchPublished(number, batch);
        cost = record.fee + record.bond;
    }

    // ─── Private: verification ───────────────────────────────────────────────────────────────────────────────────────

    /// @dev Proves the batches, each leaf by a proof of its own, and stores `state`.
    /// @param fee Fee for a leaf now.
    function _verify(State memory state, uint256 fee, uint256 from, BatchProof[] calldata proofs) private {
        uint256 skipped = _requireRange(state, from, proofs.length);
        Derivation memory derived = _derive(from, proofs, skipped);
        _requireRecorded(from + proofs.length - 1, derived.accumulator);
        VERIFIER.verify(derived.statements);
        _settle(state, fee, from + skipped, derived);
    }

    /// @dev Reverts unless the batches `from … from + count − 1` may be proven now.
    /// @return skipped Number of the first ones that were proven meanwhile.
    function _requireRange(State memory state, uint256 from, uint256 count) private pure returns (uint256 skipped) {
        if (count == 0) revert NoBatches();
        uint256 next = _oldestPending(state);
        if (from == 0 || from > next) revert WrongFirstBatch(from, next);
        uint256 to = from + count - 1;
        if (to < next) revert AlreadyVerified(to, next - 1);
        if (to > state.sequencedBatches) revert NotSequenced(to, state.sequencedBatches);
        return next - from;
    }

    /// @dev Reverts unless the records and openings up to batch `to` are those that were sequenced.
    function _requireRecorded(uint256 to, bytes27 computed) private view {
        bytes27 recorded = _entry(to).hashOf();
        if (computed != recorded) revert BatchMismatch(to, computed, recorded);
    }

    /**
     * @dev Settles batches that are proven, and stores `state`.
     * @param fee Fee for a leaf now.
     * @param next First of the batches.
     */
    function _settle(State memory state, uint256 fee, uint256 next, Derivation memory derived) private {
        Outcome[] memory outcomes = derived.outcomes;
        uint256 to = next + outcomes.length - 1;
        // Effect: the oldest pending batch changes only here, so the fee is settled here.
        state.fee = uint96(fee);
        state.feeUpdatedAt = uint40(block.timestamp);
        emit BatchFeeUpdated(fee);
        state.pendingBatches = uint16(state.sequencedBatches - to);
        state.pendingLeaves -= uint16(derived.leaves);
        _state = state;
        for (uint256 i = 0; i < outcomes.length; ++i) {
            Outcome memory outcome = outcomes[i];
            if (!outcome.truthful) emit FalseCommitment(next + i, outcome.sequencer, outcome.bond);
            else if (outcome.bond > 0) _credit(outcome.sequencer, outcome.bond);
        }
        if (derived.reward > 0) _credit(msg.sender, derived.reward);
        emit BatchesVerified(next, to, msg.sender, derived.stateRoot, derived.reward);

        ROLLUP.advance(
            IRollup.Transition({
                newStateRoot: derived.stateRoot,
                forcedCount: derived.forcedCount,
                exitsRoot: derived.exits.rootOf(),
                exitCount: derived.exits.count,
                payments: derived.payments
            })
        );
    }

    /// @dev Derives the statements that the proofs must prove, and the transition of the core. Changes no state.
    function _derive(
        uint256 from,
        BatchProof[] calldata proofs,
        uint256 skipped
    ) private view returns (Derivation memory derived) {
        uint256 leaves;
        uint256 exitWords;
        for (uint256 i = skipped; i < proofs.length; ++i) {
            leaves += proofs[i].leaves.length;
            exitWords += proofs[i].exits.length;
        }
        derived.statements = new bytes(leaves * Statements.size(LeafVerifyingKey.STATEMENT_WORDS) + exitWords * 0x20);
        _beginDerivation(derived, from + skipped, proofs.length - skipped, leaves, exitWords);
        for (uint256 i = skipped; i < proofs.length; ++i) {
            derived.outcomes[i - skipped] = _addBatch(derived, from + i, proofs[i]);
        }
        _truncatePayments(derived);
    }

    /// @dev Derives the chain that a joint proof must prove, and the transition of the core without its new state.
    ///      Changes no state.
    function _deriveJointly(
        uint256 from,
        JointBatch[] calldata batches
    ) private view returns (Derivation memory derived) {
        uint256 leaves;
        uint256 exitWords;
        for (uint256 i = 0; i < batches.length; ++i) {
            leaves += batches[i].proverFees.length;
            exitWords += batches[i].exits.length;
        }
        uint256 count = batches.length;
        (derived.statements, derived.statementsEnd) = LeafChain.allocate(DOMAIN, msg.sender, count, leaves, exitWords);
        _beginDerivation(derived, from, count, leaves, exitWords);
        for (uint256 i = 0; i < count; ++i) derived.outcomes[i] = _addJointBatch(derived, from + i, batches[i]);
        _truncatePayments(derived);
    }

    /// @dev Allocates what a derivation has beside its statements, and reads the state of the core.
    /// @param next First of `batches` batches with `leaves` leaves and `exitWords` words of exits.
    function _beginDerivation(
        Derivation memory derived,
        uint256 next,
        uint256 batches,
        uint256 leaves,
        uint256 exitWords
    ) private view {
        derived.leaves = leaves;
        derived.accumulator = _entry(next - 1).hashOf();
        (derived.stateRoot, derived.untilDeparture, ) = ROLLUP.base();
        derived.exits = ShownExits.allocate(exitWords);
        derived.payments = new IRollup.Payment[](batches + 1);
        derived.payments[0].recipient = msg.sender;
        derived.paymentCount = 1;
        derived.outcomes = new Outcome[](batches);
    }

    /// @dev Writes the statements of a batch.
    function _addBatch(
        Derivation memory derived,
        uint256 number,
        BatchProof calldata batch
    ) private view returns (Outcome memory outcome) {
        if (derived.forcedCount >= derived.untilDeparture) revert DepartureInside(number);
        BatchRecord calldata record = batch.record;
        uint256[] memory openings = _openings(number, batch);
        LeafInputs memory inputs;
        (outcome, inputs.context) = _extend(derived, record, openings.hashOf(), batch.falseOpenings);
        inputs.z = openings.challenge();
        inputs.sequencer = uint160(record.sequencer);
        inputs.domain = DOMAIN;
        inputs.worker = uint160(msg.sender);
        uint256 proverFees;
        uint256 exitWords;
        for (uint256 i = 0; i < batch.leaves.length; ++i) {
            inputs.header = record.header.ofLeaf(i, LeafVerifyingKey.SLOTS);
            exitWords = _addLeaf(derived, batch, i, exitWords, openings.evaluationOf(i), inputs);
            proverFees += batch.leaves[i].proverFees;
        }
        if (exitWords != batch.exits.length) revert InvalidExit(number, exitWords / 2);
        _addFees(derived, record, proverFees, outcome);
    }

    /// @dev Writes a batch of the chain that a joint proof must prove.
    function _addJointBatch(
        Derivation memory derived,
        uint256 number,
        JointBatch calldata batch
    ) private view returns (Outcome memory outcome) {
        if (derived.forcedCount >= derived.untilDeparture) revert DepartureInside(number);
        BatchRecord calldata record = batch.record;
        if (batch.exits.length % 2 != 0) revert InvalidExit(number, batch.exits.length / 2);
        uint256[] memory openings = _jointOpenings(number, batch);
        LeafChain.Head memory head;
        (outcome, head.context) = _extend(derived, record, openings.hashOf(), batch.falseOpenings);
        head.header = record.header;
        head.z = openings.challenge();
        head.sequencer = uint160(record.sequencer);
        derived.statementsEnd = LeafChain.writeBatch(
            derived.statements,
            derived.statementsEnd,
            head,
            batch.proverFees,
            openings,
            batch.exits
        );
        derived.exits.takeAll(batch.exits);
        uint256[] calldata fees = batch.proverFees;
        uint256 proverFees;
        for (uint256 i = 0; i < fees.length; ++i) proverFees += fees[i];
        _addFees(derived, record, proverFees, outcome);
    }

    /**
     * @dev Extends the accumulator by a batch.
     * @param openingsHash Hash of the true openings.
     * @param falseOpenings Hash of those that were recorded, if they are false; or zero.
     * @return outcome Outcome for the bond.
     * @return context The batch's context.
     */
    function _extend(
        Derivation memory derived,
        BatchRecord calldata record,
        bytes32 openingsHash,
        bytes32 falseOpenings
    ) private pure returns (Outcome memory outcome, uint256 context) {
        bool truthful = falseOpenings == 0 || falseOpenings == openingsHash;
        bytes32 full = _accumulateShown(derived.accumulator, record, truthful ? openingsHash : falseOpenings);
        derived.accumulator = bytes27(full);
        return (Outcome({ sequencer: record.sequencer, bond: record.bond, truthful: truthful }), uint256(full) >> 8);
    }

    /// @dev Adds the fees of a batch to the payments of the core and to the reward.
    function _addFees(
        Derivation memory derived,
        BatchRecord calldata record,
        uint256 proverFees,
        Outcome memory outcome
    ) private view {
        uint16 feeToken = record.header.feeTokenOf();
        if (feeToken == ETH) {
            derived.payments[0].amount += proverFees;
        } else if (proverFees > 0) {
            derived.payments[derived.paymentCount++] = IRollup.Payment(msg.sender, feeToken, proverFees);
        }
        derived.payments[0].amount += record.forcedFees;
        derived.forcedCount += record.header.forcedCountOf();
        derived.reward += record.fee;
        if (!outcome.truthful) derived.reward += record.bond;
    }

    /// @dev Returns the commitments of the proofs with their evaluations: those of the proofs, or, if the sequencer's
    ///      commitments were false, those that L1 computes from the data.
    function _openings(uint256 number, BatchProof calldata batch) private view returns (uint256[] memory openings) {
        uint256 count = batch.leaves.length;
        openings = Openings.allocate(batch.record.dataHash, count);
        for (uint256 i = 0; i < count; ++i) {
            openings.setLeaf(i, batch.leaves[i].commitment, batch.leaves[i].evaluation);
        }
        if (batch.falseOpenings != 0) _evaluateAgain(number, batch.record, batch.data, openings);
    }

    /// @dev Does what `_openings` does, for a joint proof.
    function _jointOpenings(
        uint256 number,
        JointBatch calldata batch
    ) private view returns (uint256[] memory openings) {
        uint256 count = batch.proverFees.length;
        if (batch.openings.length != 2 * count) revert WrongOpeningCount(number, batch.openings.length, 2 * count);
        openings = Openings.copy(batch.record.dataHash, batch.openings);
        if (batch.falseOpenings != 0) _evaluateAgain(number, batch.record, batch.data, openings);
    }

    /// @dev Replaces the evaluations of the commitments by those of the data.
    function _evaluateAgain(
        uint256 number,
        BatchRecord calldata record,
        bytes calldata data,
        uint256[] memory openings
    ) private view {
        uint256[] memory commitments = openings.commitments();
        (bytes32 dataHash, uint256[] memory evaluations) = _bind(data, commitments);
        if (dataHash != record.dataHash) revert WrongData(number, dataHash, record.dataHash);
        uint256 count = commitments.length;
        if (evaluations.length != count) revert WrongLeafCount(number, count, evaluations.length);
        for (uint256 i = 0; i < count; ++i) openings.setLeaf(i, commitments[i], evaluations[i]);
    }

    /**
     * @dev Writes the statement of a leaf.
     * @param i Position of the leaf in the batch.
     * @param exitWords Number of words of the batch's exits in the leaves before this one.
     * @param evaluation Value `y` of the leaf's data.
     * @param inputs Words that L1 knows; `oldStateRoot` is set here.
     * @return Number of words of the batch's exits up to and with this leaf.
     */
    function _addLeaf(
        Derivation memory derived,
        BatchProof calldata batch,
        uint256 i,
        uint256 exitWords,
        uint256 evaluation,
        LeafInputs memory inputs
    ) private pure returns (uint256) {
        LeafProof calldata leaf = batch.leaves[i];
        inputs.oldStateRoot = derived.stateRoot;
        derived.stateRoot = leaf.newStateRoot;
        bytes memory statements = derived.statements;
        uint256 offset = derived.statementsEnd;
        uint256 exitsOffset = offset + Statements.size(LeafVerifyingKey.STATEMENT_WORDS);
        assert(exitsOffset <= statements.length);
        uint256 position;
        // Assembly: `statements` has room for the words of all exits.
        assembly ("memory-safe") {
            position := add(add(statements, 0x20), exitsOffset)
        }
        uint256 end = derived.exits.takeLeaf(batch.exits, exitWords, i, LeafVerifyingKey.SLOTS, position);
        uint256 head = Statements.head(LEAF_CIRCUIT, end - exitWords);
        // Assembly: a LeafProof holds the words of a statement after its head that L1 does not know, and LeafInputs the
        // words that follow. To copy them one by one through an array costs 3,000 gas more for each leaf.
        assembly ("memory-safe") {
            let statement := add(add(statements, 0x20), offset)
            mstore(statement, head)
            calldatacopy(add(statement, 0x20), leaf, 0x1c0)
            mstore(add(statement, 0x1a0), evaluation)
            mcopy(add(statement, 0x1e0), inputs, 0xe0)
        }
        derived.statementsEnd = exitsOffset + (end - exitWords) * 0x20;
        return end;
    }

    /// @dev Shortens the array of payments, which was allocated for the worst case. Shortening an array in memory is
    ///      safe.
    function _truncatePayments(Derivation memory derived) private pure {
        IRollup.Payment[] memory payments = derived.payments;
        uint256 paymentCount = derived.paymentCount;
        assembly ("memory-safe") {
            mstore(payments, paymentCount)
        }
    }

    // ─── Private: fee ────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev Returns the fee now. After the last settlement the oldest pending batch, if there is one, was not late first
     *      and late later: the fee fell, and then rose.
     */
    function _fee(State memory state) private view returns (uint96 fee) {
        uint256 updatedAt = state.feeUpdatedAt;
        uint256 lateFrom = block.timestamp;
        if (state.pendingBatches > 0) {
            uint256 due = _entry(_oldestPending(state)).timeOf() + TARGET_TIME;
            lateFrom = Math.min(Math.max(due, updatedAt), lateFrom);
        }
        fee = state.fee;
        if (lateFrom > updatedAt) fee = BatchFee.lower(fee, lateFrom - updatedAt, HALVING_TIME, MIN_FEE);
        if (block.timestamp > lateFrom) {
            fee = BatchFee.raise(fee, block.timestamp - lateFrom, DOUBLING_TIME, MAX_FEE);
        }
    }

    // ─── Private: helpers ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the last batch is the one that the caller builds on.
    /// @return previous Accumulator of the last batch.
    function _requirePrevious(State memory state, bytes27 expected) private view returns (bytes27 previous) {
        previous = _entry(state.sequencedBatches).hashOf();
        if (previous == 0) revert CoreMissing();
        if (expected != 0 && expected != previous) revert UnexpectedPrevious(previous, expected);
    }

    /// @dev Returns the number of the batch that has to be proven next. It may not be sequenced yet.
    function _oldestPending(State memory state) private pure returns (uint256 batch) {
        return uint256(state.sequencedBatches) - state.pendingBatches + 1;
    }

    /// @dev Returns the entry of a batch that is in the ring.
    function _entry(uint256 batch) private view returns (HashAndTime) {
        return _entries[batch % (MAX_PENDING_LEAVES + 1)];
    }

    /// @dev Returns the accumulator of a batch in full. Its first 216 bits are stored; its first 248 bits are the
    ///      context of the batch's proofs.
    function _accumulate(bytes27 previous, BatchRecord memory record, bytes32 openings) private pure returns (bytes32) {
        return keccak256(abi.encode(previous, record, openings));
    }

    /// @dev Returns the accumulator for a record in calldata, whose bytes are its encoding. A word that is out of its
    ///      type's range gives another hash than the recorded one.
    function _accumulateShown(
        bytes27 previous,
        BatchRecord calldata record,
        bytes32 openings
    ) private pure returns (bytes32 accumulator) {
        // Assembly: decoding the record only to encode it again costs 630 gas for each batch.
        assembly ("memory-safe") {
            let encoded := mload(0x40)
            mstore(encoded, shl(40, shr(40, previous))) // the bits below a bytes27 may be dirty
            calldatacopy(add(encoded, 0x20), record, 0xc0)
            mstore(add(encoded, 0xe0), openings)
            accumulator := keccak256(encoded, 0x100)
        }
    }

    /// @dev Reverts unless a parameter is 1 second … 30 days.
    function _requireTime(string memory name, uint256 value) private pure {
        if (value == 0 || value > 30 days) revert InvalidParameter(name, value);
    }
}
