// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../../contracts/verification/batch/IBatchVerifier.sol";
import { IForcedQueue } from "../../../../contracts/interfaces/IForcedQueue.sol";
import { INativeBalances } from "../../../../contracts/interfaces/INativeBalances.sol";
import { IProofOfEfficiency } from "../../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../../../contracts/interfaces/IRollup.sol";
import { BatchHeader } from "../../../../contracts/types/BatchHeader.sol";
import { PoeJointModel } from "../../poe/PoeJointModel.sol";
import { SystemFreeze } from "./SystemFreeze.sol";

/// @notice Proof of Efficiency, which advances core 0.
abstract contract SystemPoe is SystemFreeze, PoeJointModel {
    // ─── Books ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Number of forced operations in batches.
    uint256 public taken;
    uint256 public verified;
    mapping(uint256 batch => bool) internal batchRefunded;

    function sequenced() external view returns (uint256) {
        return postedCount;
    }

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Takes mostly as many forced operations as it can.
    /// @param twist Among others: false commitments, bytes that were not queued, a fee that rose.
    function sequence(uint256 who, uint256 forcedCount, uint256 transactions, uint256 twist) external acts {
        address actor = actors[who % 4];
        (IProofOfEfficiency.BatchInput memory input, bool isAltered) = batchOf(forcedCount, transactions, twist);
        uint256 fee = poe.batchFee();
        uint256 maxFee = twist % 16 == 6 ? fee - 1 : fee;
        uint256 cost = costOf(fee, input.forcedCount, leavesOf(input.data));
        bytes memory refusal = sequenceRefusal(actor, input, cost, [fee, maxFee], isAltered);
        attempt(
            actor,
            address(poe),
            0,
            abi.encodeCall(IProofOfEfficiency.sequence, (one(input), maxFee, 0)),
            refusal,
            "SYS-04: accepted a batch that had to be refused"
        );
        if (refusal.length > 0) return;
        record(actor, input, fee);
        taken += input.forcedCount;
        move(NATIVE, owned(address(poe), actor), pot(address(poe), ESCROW), cost);
    }

    /**
     * @dev Posts a batch, and proves it and all that wait before it; of native tokens it moves what those cost. Before,
     *      somebody else tries with the same proofs.
     * @param age Of the header, which may be older than is allowed, or in the future.
     * @param twist As for `sequence`; there is no fee to rise.
     */
    function sequenceAndVerify(
        uint256 who,
        uint256 forcedCount,
        uint256 transactions,
        uint256 twist,
        uint256 age
    ) external acts {
        address actor = actors[who % 4];
        (IProofOfEfficiency.BatchInput memory input, bool isAltered) = batchOf(forcedCount, transactions, twist);
        uint256 timestamp = this.clock() + 10 minutes - bound(age, 0, 80 minutes);
        bytes memory refusal = timestampRefusal(timestamp);
        if (refusal.length == 0) refusal = batchRefusal(input, isAltered);
        if (refusal.length > 0) {
            bytes memory unproven = ownCall(input, timestamp, new IProofOfEfficiency.BatchProof[](1));
            attempt(actor, address(poe), 0, unproven, refusal, "SYS-04: accepted a batch that had to be refused");
            return;
        }

        recordAt(actor, input, 0, 0, timestamp);
        refusal = standstill(_cores[0]);
        uint256 last = lastBeforeDeparture();
        if (refusal.length == 0 && last < postedCount) {
            refusal = abi.encodeWithSelector(IProofOfEfficiency.DepartureInside.selector, last + 1);
        }
        if (refusal.length > 0) {
            bytes memory early = ownCall(input, timestamp, prove(actor, verified + 1, postedCount));
            --postedCount;
            attempt(actor, address(poe), 0, early, refusal, "SYS-02: the state advanced");
            return;
        }

        executeBatches(actor, postedCount, twist);
        bytes memory data = ownCall(input, timestamp, prove(actor, verified + 1, postedCount));
        attempt(
            otherThan(who),
            address(poe),
            0,
            data,
            abi.encodeWithSelector(IProofOfEfficiency.BatchMismatch.selector)
        );
        attempt(actor, address(poe), 0, data, "");
        countInner(address(rollup), IRollup.advance.selector);
        taken += input.forcedCount;
        _cores[0].exits.settle();
        _cores[0].root = rootAfter(postedCount, leavesOf(input.data) - 1);
        verified = postedCount;
    }

    /**
     * @dev Proves some batches, perhaps from earlier ones on, or all by one joint proof. Before, somebody else tries
     *      with the same proofs; afterwards the same once more.
     */
    function verify(uint256 who, uint256 batches, uint256 overlap, uint256 seed) external acts {
        if (verified == postedCount) return;
        address actor = actors[who % 4];
        uint256 to = verified + bound(batches, 1, postedCount - verified);
        uint256 from = verified + 1 - bound(overlap, 0, verified < 2 ? verified : 2);
        bytes memory refusal = standstill(_cores[0]);
        uint256 last = lastBeforeDeparture();
        if (refusal.length == 0 && to > last && seed % 4 == 0) {
            refusal = abi.encodeWithSelector(IProofOfEfficiency.DepartureInside.selector, last + 1);
        } else if (refusal.length == 0 && to > last) to = last;
        if (refusal.length > 0) {
            attempt(actor, address(poe), 0, verifyCall(actor, from, to), refusal, "SYS-02: the state advanced");
            return;
        }

        executeBatches(actor, to, seed);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(actor, from, to);
        bytes memory data =
            from == verified + 1 && seed % 3 == 2
                ? jointCall(actor, from, to)
                : abi.encodeCall(IProofOfEfficiency.verify, (from, proofs));
        bytes memory rejected = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
        attempt(otherThan(who), address(poe), 0, data, rejected);
        uint256[] memory exits = proofs[proofs.length - 1].exits;
        if (exits.length > 0) {
            ++exits[exits.length - 1];
            bytes memory lie = abi.encodeCall(IProofOfEfficiency.verify, (from, proofs));
            attempt(actor, address(poe), 0, lie, rejected, "INV-EXIT-02: settled an exit that was not proven");
            --exits[exits.length - 1];
        }
        attempt(actor, address(poe), 0, data, "");
        countInner(address(rollup), IRollup.advance.selector);
        _cores[0].exits.settle();
        _cores[0].root = rootAfter(to, leavesOf(posted[to].input.data) - 1);
        verified = to;
        refusal = abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, to, to);
        attempt(actor, address(poe), 0, data, refusal, "SYS-03: a batch is paid for twice");
    }

    function refundBatch(uint256 number) public acts {
        number = bound(number, 1, postedCount + 1);
        Posted storage batch = posted[number];
        bytes memory refusal;
        if (!_cores[0].isFrozen) refusal = abi.encodeWithSelector(IProofOfEfficiency.NotFrozen.selector);
        else if (number <= verified) {
            refusal = abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, number, verified);
        } else if (number > postedCount) {
            refusal = abi.encodeWithSelector(IProofOfEfficiency.NotSequenced.selector, number, postedCount);
        } else if (batchRefunded[number]) {
            refusal = abi.encodeWithSelector(IProofOfEfficiency.AlreadyRefunded.selector, number);
        }
        bytes memory data = abi.encodeCall(IProofOfEfficiency.refundBatch, (number, batch.record, batch.openings));
        attempt(actors[0], address(poe), 0, data, refusal, "SYS-03: a batch is refunded twice, or was proven");
        if (refusal.length > 0) return;
        batchRefunded[number] = true;
        IProofOfEfficiency.BatchRecord memory paid = batch.record;
        move(NATIVE, pot(address(poe), ESCROW), owned(address(poe), paid.sequencer), paid.bond);
        move(NATIVE, pot(address(poe), ESCROW), pot(address(poe), VOID), paid.fee);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @dev A batch that takes mostly as many forced operations as it can.
     * @return input Of it.
     * @return isAltered Whether it has bytes that were not queued.
     */
    function batchOf(
        uint256 forcedCount,
        uint256 transactions,
        uint256 twist
    ) private view returns (IProofOfEfficiency.BatchInput memory input, bool isAltered) {
        Core storage core = _cores[0];
        uint256 most = core.operations.length - taken;
        if (most > 2 * SLOTS) most = 2 * SLOTS;
        forcedCount = forcedCount % 3 == 0 ? bound(forcedCount, 0, most) : most;
        transactions = bound(transactions, 0, 2 * SLOTS - forcedCount);
        bytes memory data = bytes.concat(slotsOf(core, taken + 1, forcedCount), new bytes(transactions * SLOT_BYTES));
        isAltered = twist % 16 == 5 && forcedCount > 0;
        if (isAltered) data[25] ^= 0x01;
        input = withCommitments(data, uint16(forcedCount));
        if (twist % 4 == 0) input.commitments[0] = (input.commitments[0] + 1) % P;
        input.feeToken = uint16((twist >> 8) % 4);
    }

    function costOf(uint256 fee, uint256 forcedCount, uint256 leaves) private pure returns (uint256) {
        uint256 filled = forcedCount / SLOTS;
        return fee * (leaves > filled ? leaves - filled : 1) + BOND * leaves;
    }

    /// @param fees For a leaf, and the caller's limit.
    function sequenceRefusal(
        address actor,
        IProofOfEfficiency.BatchInput memory input,
        uint256 cost,
        uint256[2] memory fees,
        bool isAltered
    ) private view returns (bytes memory refusal) {
        if (fees[1] < fees[0]) {
            return abi.encodeWithSelector(IProofOfEfficiency.FeeAboveMaximum.selector, fees[0], fees[1]);
        }
        refusal = batchRefusal(input, isAltered);
        uint256 balance = bookedFor(NATIVE, address(poe), purposeOf(actor));
        if (refusal.length > 0 || balance >= cost) return refusal;
        return abi.encodeWithSelector(INativeBalances.InsufficientBalance.selector, actor, balance, cost);
    }

    /// @return Why nobody may append the batch now, whatever is paid for it.
    function batchRefusal(
        IProofOfEfficiency.BatchInput memory input,
        bool isAltered
    ) private view returns (bytes memory) {
        Core storage core = _cores[0];
        uint256 leaves = leavesOf(input.data);
        uint256 pending = leavesFrom(verified + 1) + leaves;
        if (pending > MAX_PENDING) {
            return abi.encodeWithSelector(IProofOfEfficiency.TooManyPendingLeaves.selector, pending, MAX_PENDING);
        }
        if (core.isFrozen) return abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        if (isAltered) return abi.encodeWithSelector(IForcedQueue.ForcedOperationsMismatch.selector);
        uint256 last = taken + input.forcedCount;
        if (input.forcedCount < leaves * SLOTS && isOverdue(core, last, this.clock())) {
            return overdue(core, last, this.clock());
        }
        return "";
    }

    /// @return An actor that is not `who`.
    function otherThan(uint256 who) private view returns (address) {
        return actors[((who % 4) + 1) % 4];
    }

    /// @return Why a header may not have this timestamp.
    function timestampRefusal(uint256 timestamp) private view returns (bytes memory) {
        uint256 latest = this.clock();
        uint256 earliest = latest - 1 hours;
        // The header has the time in its lowest 64 bits.
        uint256 last = postedCount == 0 ? START : BatchHeader.unwrap(posted[postedCount].record.header) % 2 ** 64;
        if (last > earliest) earliest = last;
        if (timestamp >= earliest && timestamp <= latest) return "";
        return abi.encodeWithSelector(IProofOfEfficiency.TimestampOutOfRange.selector, timestamp, earliest, latest);
    }

    function ownCall(
        IProofOfEfficiency.BatchInput memory input,
        uint256 timestamp,
        IProofOfEfficiency.BatchProof[] memory proofs
    ) private view returns (bytes memory) {
        return abi.encodeCall(IProofOfEfficiency.sequenceAndVerify, (one(input), timestamp, 0, verified + 1, proofs));
    }

    /// @return number Of the batch that takes the next departure; the last one if none does.
    function lastBeforeDeparture() private view returns (uint256 number) {
        Core storage core = _cores[0];
        if (core.happened == core.departures.length) return postedCount;
        uint256 departure = core.departures[core.happened];
        uint256 executed = core.executed;
        for (number = verified; number < postedCount && executed < departure;) {
            executed += posted[++number].input.forcedCount;
        }
    }

    /// @dev Applies the effects on L2 of the batches up to `to`, and the payments for them.
    function executeBatches(address aggregator, uint256 to, uint256 seed) private {
        address at_ = address(poe);
        for (uint256 number = verified + 1; number <= to; ++number) {
            IProofOfEfficiency.BatchRecord memory paid = posted[number].record;
            bool isHonest = isTruthful(number);
            move(NATIVE, pot(at_, ESCROW), owned(at_, aggregator), paid.fee);
            move(NATIVE, pot(at_, ESCROW), owned(at_, isHonest ? paid.sequencer : aggregator), paid.bond);
            uint256 left = posted[number].input.forcedCount;
            for (uint256 leaf = 0; leaf < leavesOf(posted[number].input.data); ++leaf) {
                uint256 count = left < SLOTS ? left : SLOTS;
                left -= count;
                (effects[number][leaf].exits, effects[number][leaf].proverFees) = executeLeaf(
                    0,
                    count,
                    posted[number].input.feeToken,
                    uint256(keccak256(abi.encode(seed, number, leaf))),
                    aggregator
                );
            }
        }
    }

    function jointCall(address aggregator, uint256 from, uint256 to) private view returns (bytes memory) {
        (IProofOfEfficiency.JointBatch[] memory batches, uint256 root, bytes memory proof) = proveJointly(
            aggregator,
            from,
            to
        );
        return abi.encodeCall(IProofOfEfficiency.verifyJointly, (from, batches, root, proof));
    }

    function verifyCall(address aggregator, uint256 from, uint256 to) private view returns (bytes memory) {
        return abi.encodeCall(IProofOfEfficiency.verify, (from, prove(aggregator, from, to)));
    }
}
