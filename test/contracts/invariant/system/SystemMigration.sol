// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "../../../../contracts/interfaces/ICustody.sol";
import { IEscapeHatch } from "../../../../contracts/interfaces/IEscapeHatch.sol";
import { IForcedQueue } from "../../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../../contracts/interfaces/IMigration.sol";
import { SystemQueue } from "./SystemQueue.sol";

/// @notice Departures from either core, and what becomes of them: a delivery to the other one, or reclaims.
abstract contract SystemMigration is SystemQueue {
    // ─── Hooks ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The state of a core became `root` by a departure.
    function onDeparted(uint256 which, uint256 root) internal virtual;

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The departure that is due, or, after a freeze, one of accounts that sign now. Before, somebody else tries
    ///      with the same proof.
    function depart(uint256 which, uint256 who, uint256 seed) external acts {
        which %= 2;
        Core storage core = _cores[which];
        if (!core.isFrozen && !isDue(core)) return;
        uint256 id = core.isFrozen ? 0 : core.departures[core.happened];
        Request memory asked =
            core.isFrozen ? signed(core, seed, seed % 4 == 0) : _requests[core.operations[id - 1].brought];
        Migrant[] memory list = validMoves(core, asked);
        address worker = actors[who % 4];
        Migration memory migration = migrationOf(
            core.rollup,
            address(_cores[1 - which].rollup),
            asked.tokens,
            list,
            worker
        );
        migration.moves = asked.moves;
        complete(migration);
        bytes memory data = departCall(id, id == 0 ? bytes("") : core.operations[id - 1].slot, migration);
        stealDeparture(core, worker, actors[((who % 4) + 1) % 4], data);
        bytes memory refusal = core.isFrozen ? tokenRefusal(asked.tokens) : bytes("");
        if (core.isFrozen && refusal.length == 0) refusal = marked(core, list);
        attempt(worker, address(core.rollup), 0, data, refusal, "SYS-03: an account leaves twice");
        if (refusal.length > 0) return;

        takeOut(which, list);
        recordDeparture(which, list, migration);
        ++happened[core.isFrozen ? "departure from a frozen core" : "departure"];
        if (core.isFrozen) return;
        ++core.happened;
        core.root = migration.signals[0];
        onDeparted(which, core.root);
        address at_ = address(core.rollup);
        move(ETH, pot(at_, FEES), owned(at_, worker), core.operations[id - 1].amount);
    }

    function deliver(uint256 index, uint256 who, uint256 twist) external acts {
        if (_departed.length == 0) return;
        Departed storage departed = _departed[index % _departed.length];
        Core storage target = _cores[1 - departed.source];
        address source = address(_cores[departed.source].rollup);
        address actor = actors[who % 4];
        uint256 fee = feeOf(target);
        twist %= 12;
        Migration memory migration = departed.migration;
        bytes memory refusal = deliverRefusal(departed, fee, twist);
        bytes memory data = abi.encodeCall(
            IMigration.deliver,
            (departed.number, migration.proof, migration.signals, migration.arrivals)
        );
        attempt(actor, source, twist == 2 ? fee - 1 : fee + (who % 3), data, refusal);
        if (refusal.length > 0) return;

        departed.isDelivered = true;
        countInner(address(target.rollup), IMigration.arrive.selector);
        Migrant[] memory list = departed.migrants;
        pushArrival(1 - departed.source, list, migration, actor);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 asset = assetOf(departed.source, list[i].token);
            move(asset, pot(source, DEPARTED), pot(address(target.rollup), IN_QUEUE), list[i].balance);
        }
    }

    function reclaim(uint256 index, uint256 position) public acts {
        if (_departed.length == 0) return;
        Departed storage departed = _departed[index % _departed.length];
        position %= 4;
        Core storage core = _cores[departed.source];
        Migrant memory migrant = departed.migrants[position];
        Migration memory migration = departed.migration;
        bytes memory refusal = reclaimRefusal(departed, migrant, position);
        bytes memory data = abi.encodeCall(
            IMigration.reclaim,
            (departed.number, migration.signals, migration.arrivals, position)
        );
        attempt(actors[0], address(core.rollup), 0, data, refusal, "SYS-03: reclaimed and not due");
        if (refusal.length > 0) return;
        departed.reclaimed |= 1 << position;
        address at_ = address(core.rollup);
        uint256 asset = assetOf(departed.source, migrant.token);
        move(asset, pot(at_, DEPARTED), owned(at_, migrant.owner), migrant.balance);
        attempt(actors[1], at_, 0, data, alreadyPaid(departed.number, position), "SYS-03: reclaimed twice");
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function departCall(uint256 id, bytes memory slot, Migration memory migration) private pure returns (bytes memory) {
        return
            abi.encodeCall(
                IMigration.depart,
                (id, slot, migration.proof, migration.signals, migration.moves, migration.arrivals)
            );
    }

    function stealDeparture(Core storage core, address worker, address thief, bytes memory data) private {
        bytes memory refusal = abi.encodeWithSelector(
            IMigration.WrongSignal.selector,
            16,
            uint160(worker),
            uint160(thief)
        );
        attempt(thief, address(core.rollup), 0, data, refusal);
    }

    /// @dev Marks those who leave a frozen core.
    /// @return refusal If one of them has left before; then none leaves.
    function marked(Core storage core, Migrant[] memory list) private returns (bytes memory refusal) {
        for (uint256 i = 0; i < 4; ++i) {
            if (list[i].from == 0 || !core.hasLeft[list[i].from]) continue;
            return abi.encodeWithSelector(IEscapeHatch.AlreadyLeft.selector, list[i].from);
        }
        for (uint256 i = 0; i < 4; ++i) {
            if (list[i].from != 0) core.hasLeft[list[i].from] = true;
        }
    }

    /// @dev Of a frozen core the state stays, and that an account left is only marked.
    function takeOut(uint256 which, Migrant[] memory list) private {
        Core storage core = _cores[which];
        address at_ = address(core.rollup);
        for (uint256 i = 0; i < 4; ++i) {
            if (list[i].from == 0) continue;
            move(assetOf(which, list[i].token), pot(at_, ON_L2), pot(at_, DEPARTED), list[i].balance);
            if (core.isFrozen) continue;
            core.accounts[list[i].from].balance = 0;
            ++core.accounts[list[i].from].nonce;
        }
    }

    function recordDeparture(uint256 which, Migrant[] memory list, Migration memory migration) private {
        Departed storage departed = _departed.push();
        (departed.source, departed.departedAt) = (which, this.clock());
        departed.number = ++_cores[which].departedCount;
        for (uint256 i = 0; i < 4; ++i) departed.migrants.push(list[i]);
        departed.migration = migration;
    }

    function deliverRefusal(Departed storage departed, uint256 fee, uint256 twist) private view returns (bytes memory) {
        if (departed.isDelivered) return unknownMigrants(departed);
        if (departed.reclaimed != 0) {
            return abi.encodeWithSelector(IMigration.PartlyReclaimed.selector, departed.number);
        }
        if (twist == 2) return abi.encodeWithSelector(ICustody.InsufficientValue.selector, fee - 1, fee);
        if (!_cores[1 - departed.source].isFrozen) return "";
        return abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
    }

    function reclaimRefusal(
        Departed storage departed,
        Migrant memory migrant,
        uint256 position
    ) private view returns (bytes memory) {
        if (departed.isDelivered) return unknownMigrants(departed);
        uint256 deadline = departed.departedAt + ESCAPE_DELAY;
        if (this.clock() <= deadline) {
            return abi.encodeWithSelector(IMigration.NotReclaimable.selector, departed.number, deadline, this.clock());
        }
        if (migrant.from == 0) return abi.encodeWithSelector(IMigration.NoAccount.selector, position);
        return (departed.reclaimed >> position) & 1 == 1 ? alreadyPaid(departed.number, position) : bytes("");
    }

    function alreadyPaid(uint256 id, uint256 position) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IMigration.AlreadyPaid.selector, id, position);
    }

    function unknownMigrants(Departed storage departed) private view returns (bytes memory) {
        Migration memory migration = departed.migration;
        bytes32 shown = keccak256(abi.encode(migration.signals, keccak256(migration.arrivals)));
        return abi.encodeWithSelector(IMigration.UnknownMigrants.selector, departed.number, shown, 0);
    }

    /// @dev Outcome of the moves by the circuit's rules, in the present state; `from` is 0 where a move is not valid.
    function validMoves(Core storage core, Request memory asked) private view returns (Migrant[] memory list) {
        list = new Migrant[](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint32 from = asked.from[i];
            (address owner, uint16 id, uint128 balance) = accountOf(core, from);
            if (owner == address(0) || core.accounts[from].nonce != asked.nonces[i]) continue;
            if (id != uint16(asked.tokens)) continue; // in no pair
            bool isSecond = false; // of one account: the nonce has grown
            for (uint256 k = 0; k < i; ++k) isSecond = isSecond || list[k].from == from;
            if (!isSecond) list[i] = Migrant(from, id, uint16(asked.tokens >> 16), balance, owner);
        }
    }
}
