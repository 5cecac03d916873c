// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { CommitmentStatus } from "../../../../contracts/types/Proposal.sol";
import { SystemMoney } from "./SystemMoney.sol";

/// @notice The end: both cores are frozen, and everybody takes out what is theirs.
abstract contract SystemClosing is SystemMoney {
    /// @notice Rewards that nobody can collect any more after the freeze.
    uint256 public uncollected;

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Moves that arrived nowhere are reclaimed, so it takes `ESCAPE_DELAY` twice.
    function close() external {
        for (uint256 which = 0; which < 2; ++which) freezeAtLast(which);
        closePoe();
        closeB52();
        for (uint256 which = 0; which < 2; ++which) closeCore(which);
        vm.warp(this.clock() + ESCAPE_DELAY + 1);
        for (uint256 i = 0; i < _departed.length; ++i) closeDeparture(i);
        for (uint256 ticket = 0; ticket < TICKETS; ++ticket) {
            if (tickets[1 + ticket].owner != address(0)) withdrawStake(ticket);
        }
        for (uint256 who = 0; who < 4; ++who) withdrawAll(who);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function freezeAtLast(uint256 which) private {
        Core storage core = _cores[which];
        if (core.isFrozen) return;
        if (core.executed == core.operations.length) this.deposit(which, 0, 0, 1, 1, 0);
        freeze(which, 0);
    }

    function closePoe() private {
        for (uint256 number = verified + 1; number <= postedCount; ++number) {
            if (!batchRefunded[number]) refundBatch(number);
        }
    }

    function closeB52() private {
        for (uint256 i = 0; i < _proposals.length; ++i) {
            Entry storage entry = _proposals[i];
            if (entry.status != CommitmentStatus.Settled) settleBid(i);
            if (!entry.isPaid && isRewarded(entry, resultOf(entry.proposal.round))) closeRewards(i);
            if (entry.asker == address(0)) continue;
            if (this.clock() < entry.record.defenceEnd) vm.warp(entry.record.defenceEnd);
            closeDemand(8 * i, 0);
        }
        if (bookedFor(NATIVE, address(b52), TO_BURN) + bookedFor(NATIVE, address(b52), POOL) > 0) burn(0);
        for (uint256 ticket = 0; ticket < TICKETS; ++ticket) {
            if (tickets[1 + ticket].owner != address(0) && tickets[1 + ticket].withdrawableAt == 0) {
                leaveRegistry(1, ticket);
            }
        }
    }

    /// @dev Nobody collected the rewards before the record made room, and the freeze keeps the result for good.
    function closeRewards(uint256 index) private {
        Entry storage entry = _proposals[index];
        if (hasLapsed(entry.proposal.round)) return;
        if (isRecorded(entry)) payRewards(index);
        else uncollected += reservedFor(entry, resultOf(entry.proposal.round));
    }

    function closeCore(uint256 which) private {
        Core storage core = _cores[which];
        for (uint256 i = 1; i < core.accounts.length; ++i) {
            if (core.accounts[i].balance > 0 && !core.hasLeft[i]) escape(which, i, 0);
        }
        for (uint256 id = 1; id <= core.operations.length; ++id) {
            Operation storage op = core.operations[id - 1];
            bool waits = op.kind == Kind.Departure && !hasHappened(core, id);
            if (!op.isRefunded && (id > core.executed || waits)) refund(which, id);
            if (op.kind != Kind.Arrival || id <= core.executed) continue;
            for (uint256 position = 0; position < 4; ++position) {
                Arrived storage arrived = _arrivals[op.brought];
                bool isOwed = arrived.migrants[position].from != 0 && (arrived.refunded >> position) & 1 == 0;
                if (isOwed) refundArrival(which, id, position);
            }
        }
        while (core.exits.openCount() > 0) claim(which, 0);
    }

    function closeDeparture(uint256 index) private {
        Departed storage departed = _departed[index];
        if (departed.isDelivered) return;
        for (uint256 position = 0; position < 4; ++position) {
            bool isOwed = departed.migrants[position].from != 0 && (departed.reclaimed >> position) & 1 == 0;
            if (isOwed) reclaim(index, position);
        }
    }

    function withdrawAll(uint256 who) private {
        for (uint256 which = 0; which < 2; ++which) {
            for (uint16 id = 0; id < 3; ++id) {
                bytes32 purpose = purposeOf(actors[who]);
                address at_ = address(_cores[which].rollup);
                if (bookedFor(assetOf(which, id), at_, purpose) > 0) withdrawCredit(which, who, id);
            }
            address consensus = consensusAt(which);
            withdrawExactly(consensus, actors[who], bookedFor(NATIVE, consensus, purposeOf(actors[who])));
        }
    }
}
