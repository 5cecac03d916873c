// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../../contracts/verification/batch/IBatchVerifier.sol";
import { ICustody } from "../../../../contracts/interfaces/ICustody.sol";
import { IEscapeHatch } from "../../../../contracts/interfaces/IEscapeHatch.sol";
import { IExits } from "../../../../contracts/interfaces/IExits.sol";
import { IForcedQueue } from "../../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../../contracts/interfaces/IMigration.sol";
import { IRollup } from "../../../../contracts/interfaces/IRollup.sol";
import { SystemMigration } from "./SystemMigration.sol";

/// @notice Taking money out of a core: exits and credits while it lives, and everything else after a freeze.
abstract contract SystemFreeze is SystemMigration {
    // ─── Actions: freeze ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Sometimes nothing is executed for as long as it takes.
    function freeze(uint256 which, uint256 waits) public acts {
        Core storage core = _cores[which % 2];
        if (waits % 12 == 0 && !core.isFrozen && core.executed < core.operations.length) {
            uint256 late = core.operations[core.executed].queuedAt + ESCAPE_DELAY + 1;
            if (this.clock() < late) vm.warp(late);
        }
        bytes memory refusal;
        if (core.isFrozen) refusal = abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        else if (core.executed == core.operations.length) {
            refusal = abi.encodeWithSelector(IEscapeHatch.NothingQueued.selector);
        } else {
            uint256 deadline = core.operations[core.executed].queuedAt + ESCAPE_DELAY;
            if (this.clock() <= deadline) {
                refusal = abi.encodeWithSelector(
                    IEscapeHatch.NotLate.selector,
                    core.executed + 1,
                    deadline,
                    this.clock()
                );
            }
        }
        attempt(actors[0], address(core.rollup), 0, abi.encodeCall(IEscapeHatch.freeze, ()), refusal);
        if (refusal.length == 0) core.isFrozen = true;
    }

    /// @param twist 1: with a unit more than the proof says.
    function escape(uint256 which, uint256 account, uint256 twist) public acts {
        which %= 2;
        Core storage core = _cores[which];
        account = bound(account, 0, core.accounts.length - 1);
        (address owner, uint16 id, uint128 balance) = accountOf(core, account);
        if (owner == address(0)) return; // there is no proof
        uint256[8] memory proof;
        proof[0] = uint256(keccak256(abi.encode(0, owner, id, balance, core.root, account)));
        uint128 amount = twist % 8 == 1 ? balance + 1 : balance;
        bytes memory refusal;
        if (!core.isFrozen) refusal = abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector);
        else if (amount == 0) refusal = abi.encodeWithSelector(IEscapeHatch.NothingToEscape.selector, account);
        else if (core.hasLeft[account]) refusal = abi.encodeWithSelector(IEscapeHatch.AlreadyLeft.selector, account);
        else if (amount != balance) refusal = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
        address at_ = address(core.rollup);
        bytes memory data = abi.encodeCall(IEscapeHatch.escape, (account, owner, id, amount, proof));
        attempt(actors[1], at_, 0, data, refusal, "SYS-03: an account leaves twice");
        if (refusal.length > 0) return;
        core.hasLeft[account] = true;
        move(assetOf(which, id), pot(at_, ON_L2), owned(at_, owner), balance);
    }

    function refund(uint256 which, uint256 id) public acts {
        which %= 2;
        Core storage core = _cores[which];
        if (core.operations.length == 0) return;
        id = bound(id, 1, core.operations.length);
        Operation storage op = core.operations[id - 1];
        bool waits = op.kind == Kind.Departure && !hasHappened(core, id);
        bytes memory refusal;
        if (!core.isFrozen) refusal = abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector);
        else if (id <= core.executed && !waits) refusal = alreadyExecuted(core, id);
        else if (op.isRefunded) refusal = abi.encodeWithSelector(IEscapeHatch.AlreadyRefunded.selector, id);
        address at_ = address(core.rollup);
        bytes memory data = abi.encodeCall(IEscapeHatch.refund, (id, op.slot));
        attempt(actors[2], at_, 0, data, refusal, "SYS-03: refunded and executed, or twice");
        if (refusal.length > 0) return;
        op.isRefunded = true;
        if (id <= core.executed) ++happened["refund of a second fee"];
        uint256 paidBack = op.kind == Kind.Departure ? op.amount : 0;
        if (id > core.executed) paidBack += op.fee;
        move(ETH, pot(at_, FEES), owned(at_, op.user), paidBack);
        if (op.kind == Kind.Deposit || op.kind == Kind.TopUp) {
            move(assetOf(which, op.token), pot(at_, IN_QUEUE), owned(at_, op.user), op.amount);
        }
    }

    function refundArrival(uint256 which, uint256 id, uint256 position) public acts {
        which %= 2;
        Core storage core = _cores[which];
        if (core.operations.length == 0) return;
        id = bound(id, 1, core.operations.length);
        // From there on the next arrival, if there is one.
        while (core.operations[id - 1].kind != Kind.Arrival && id < core.operations.length) ++id;
        if (core.operations[id - 1].kind != Kind.Arrival) return;
        position %= 4;
        Arrived storage arrived = _arrivals[core.operations[id - 1].brought];
        Migrant memory migrant = arrived.migrants[position];
        bytes memory refusal;
        if (!core.isFrozen) refusal = abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector);
        else if (id <= core.executed) refusal = alreadyExecuted(core, id);
        else if (migrant.from == 0) refusal = abi.encodeWithSelector(IMigration.NoAccount.selector, position);
        else if ((arrived.refunded >> position) & 1 == 1) refusal = alreadyPaid(id, position);
        address at_ = address(core.rollup);
        bytes memory data = abi.encodeCall(
            IMigration.refundArrival,
            (id, core.operations[id - 1].slot, arrived.arrivals, position)
        );
        attempt(actors[3], at_, 0, data, refusal, "SYS-03: an arrival is refunded and executed, or twice");
        if (refusal.length > 0) return;
        arrived.refunded |= 1 << position;
        move(assetOf(which, migrant.to), pot(at_, IN_QUEUE), owned(at_, migrant.owner), migrant.balance);
    }

    // ─── Actions: paid out ───────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Claims some exit, an old or a new one. Before, somebody alters the claim; afterwards the same once more.
    function claim(uint256 which, uint256 seed) public acts {
        which %= 2;
        Core storage core = _cores[which];
        if (core.exits.openCount() == 0) return;
        address at_ = address(core.rollup);
        IExits.ExitClaim memory exit = core.exits.take(seed);
        (IExits.ExitClaim memory wrong, bytes memory refusal) = core.exits.altered(exit, seed);
        bytes memory data = abi.encodeCall(IExits.claim, (wrong));
        attempt(actors[0], at_, 0, data, refusal, "INV-EXIT-02: paid an exit that was not settled");
        data = abi.encodeCall(IExits.claim, (exit));
        attempt(actors[0], at_, 0, data, "");
        move(assetOf(which, exit.token), pot(at_, EXITS), wallet(exit.recipient), exit.amount);
        refusal = abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, uint256(exit.first) + exit.index);
        attempt(exit.recipient, at_, 0, data, refusal, "SYS-03: an exit is claimed twice");
    }

    function withdrawCredit(uint256 which, uint256 who, uint16 id) public acts {
        which %= 2;
        (address at_, address actor) = (address(_cores[which].rollup), actors[who % 4]);
        id %= 3;
        uint256 asset = assetOf(which, id);
        uint256 owed = bookedFor(asset, at_, purposeOf(actor));
        bytes memory refusal;
        if (owed == 0) refusal = abi.encodeWithSelector(ICustody.NothingToWithdraw.selector, id, actor);
        attempt(actor, at_, 0, abi.encodeCall(ICustody.withdraw, (id)), refusal);
        move(asset, owned(at_, actor), wallet(actor), owed);
    }

    // ─── Actions: core ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Nobody but the consensus may.
    function advanceDirectly(uint256 which, uint256 who, uint256 root) external acts {
        IRollup.Transition memory transition;
        transition.newStateRoot = root;
        transition.payments = new IRollup.Payment[](1);
        transition.payments[0] = IRollup.Payment(actors[who % 4], 0, 1);
        attempt(
            actors[who % 4],
            address(_cores[which % 2].rollup),
            0,
            abi.encodeCall(IRollup.advance, (transition)),
            abi.encodeWithSelector(IRollup.NotConsensus.selector, actors[who % 4])
        );
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    function hasHappened(Core storage core, uint256 id) internal view returns (bool) {
        return core.happened > 0 && id <= core.departures[core.happened - 1];
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function alreadyExecuted(Core storage core, uint256 id) private view returns (bytes memory) {
        return abi.encodeWithSelector(IEscapeHatch.AlreadyExecuted.selector, id, core.executed);
    }
}
