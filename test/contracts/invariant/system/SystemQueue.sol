// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "../../../../contracts/interfaces/ICustody.sol";
import { IBatchVerifier } from "../../../../contracts/verification/batch/IBatchVerifier.sol";
import { IForcedQueue } from "../../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../../contracts/interfaces/IMigration.sol";
import { SystemCores } from "./SystemCores.sol";

/// @notice Everything that enters the queue of a core.
abstract contract SystemQueue is SystemCores {
    uint256 private constant MOST = 1e21;

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param twist 1: nothing is deposited; 2: a wei is missing; 3: a token that does not exist.
    function deposit(uint256 which, uint256 who, uint16 id, uint128 amount, uint32 to, uint256 twist) external acts {
        which %= 2;
        (Core storage core, address actor) = (_cores[which], actors[who % 4]);
        twist %= 12;
        id = twist == 3 ? 77 : id % 3;
        amount = twist == 1 ? 0 : uint128(bound(amount, 1, MOST));
        to = to % 3 == 0 ? uint32(bound(to, 1, 12)) : 0; // mostly a new account
        uint256 asset = assetOf(which, id == 77 ? 0 : id);
        uint256 fee = feeOf(core);
        uint256 value = fee + (id == 0 ? amount : 0);
        bytes memory refusal;
        if (twist == 1) refusal = abi.encodeWithSelector(IForcedQueue.ZeroAmount.selector);
        else if (twist == 3) refusal = abi.encodeWithSelector(ICustody.UnknownToken.selector, 77);
        else refusal = queueRefusal(core, value, twist);
        if (refusal.length == 0) approve(actor, asset, address(core.rollup), amount);
        bytes memory data =
            to == 0
                ? abi.encodeCall(IForcedQueue.deposit, (id, amount, X, Y, actor))
                : abi.encodeCall(IForcedQueue.topUp, (id, amount, to, actor));
        attempt(actor, address(core.rollup), sent(value, twist), data, refusal);
        if (refusal.length > 0) return;
        push(which, to == 0 ? Kind.Deposit : Kind.TopUp, [uint32(0), to], id, amount, actor, actor);
        move(asset, wallet(actor), pot(address(core.rollup), IN_QUEUE), amount);
    }

    /// @param twist 2: a wei is missing; 3: from account 0.
    function force(uint256 which, uint256 who, uint32 from, uint32 to, uint128 amount, uint256 twist) external acts {
        which %= 2;
        Core storage core = _cores[which];
        twist %= 12;
        from = uint32(bound(from, 1, core.accounts.length));
        to = to % 2 == 0 ? 0 : uint32(bound(to, 1, core.accounts.length));
        (address owner, uint16 id, uint128 balance) = accountOf(core, from);
        // Mostly its owner asks for a part of it.
        address actor = owner == address(0) || who % 4 == 0 ? actors[(who >> 8) % 4] : owner;
        amount = uint128(bound(amount, 1, uint256(balance) + balance / 4 + 1));
        bytes memory refusal =
            twist == 3
                ? abi.encodeWithSelector(IForcedQueue.InvalidAccount.selector, 0)
                : queueRefusal(core, feeOf(core), twist);
        if (twist == 3) from = 0;
        bytes memory data =
            to == 0
                ? abi.encodeCall(IForcedQueue.forceExit, (from, id, amount))
                : abi.encodeCall(IForcedQueue.forceTransfer, (from, to, id, amount));
        attempt(actor, address(core.rollup), sent(feeOf(core), twist), data, refusal);
        if (refusal.length > 0) return;
        push(which, to == 0 ? Kind.Exit : Kind.Transfer, [from, to], id, amount, actor, actor);
    }

    /// @dev Four accounts sign, those of one token with effect. It may be given an id that the target does not have.
    /// @param twist 2: a wei is missing; 3: to the rollup itself.
    function requestDeparture(uint256 which, uint256 who, uint256 seed, bool isBad, uint256 twist) external acts {
        which %= 2;
        (Core storage core, address actor) = (_cores[which], actors[who % 4]);
        twist %= 12;
        uint256 fee = feeOf(core);
        Request memory asked = signed(core, seed, isBad);
        address target = address(_cores[twist == 3 ? which : 1 - which].rollup);
        uint256 forProof = fee + 2 * 420_000 * block.basefee;
        bytes memory refusal =
            twist == 3 ? abi.encodeWithSelector(IMigration.InvalidTarget.selector, target) : tokenRefusal(asked.tokens);
        if (refusal.length == 0) refusal = queueRefusal(core, fee + forProof, twist);
        bytes memory data = abi.encodeCall(IMigration.requestDeparture, (target, asked.tokens, asked.moves));
        attempt(actor, address(core.rollup), sent(fee + forProof, twist), data, refusal);
        if (refusal.length > 0) return;
        Operation storage op = push(which, Kind.Departure, [uint32(0), 0], 0, uint128(forProof), actor, actor);
        op.brought = _requests.length;
        op.slot = departureSlot(target, asked, fee, forProof, actor);
        _requests.push(asked);
        core.departures.push(core.operations.length);
        move(ETH, wallet(actor), pot(address(core.rollup), FEES), forProof);
    }

    /// @dev Accounts from a source that does not exist.
    /// @param twist 2: a wei is missing; 3: a total is not that of the proof.
    function arrive(uint256 which, uint256 who, uint256 seed, uint256 twist) external acts {
        which %= 2;
        (Core storage core, address actor) = (_cores[which], actors[who % 4]);
        twist %= 12;
        Migrant[] memory list = new Migrant[](4);
        uint256[ASSETS] memory totals;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            if (random % 3 == 0) continue;
            uint16 id = uint16((random >> 8) % 3);
            uint128 balance = uint128((random >> 16) % MOST);
            list[i] = Migrant(1, id, id, balance, actors[(random >> 128) % 4]);
            totals[assetOf(which, id)] += balance;
        }
        Migration memory migration = migrationOf(
            core.rollup,
            address(core.rollup),
            tokensOf([uint16(0), 1, 2, 0], [uint16(0), 1, 2, 0]),
            list,
            actor
        );
        uint256 value = feeOf(core) + totals[ETH];
        bytes memory refusal =
            twist == 3
                ? abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector)
                : queueRefusal(core, value, twist);
        if (twist == 3) ++migration.signals[2];
        if (refusal.length == 0) {
            for (uint256 i = 1; i < ASSETS; ++i) approve(actor, i, address(core.rollup), totals[i]);
        }
        bytes memory data = abi.encodeCall(
            IMigration.arrive,
            (migration.proof, migration.signals, migration.arrivals, actor)
        );
        attempt(actor, address(core.rollup), sent(value, twist), data, refusal);
        if (refusal.length > 0) return;
        pushArrival(which, list, migration, actor);
        for (uint256 i = 0; i < ASSETS; ++i) {
            move(i, wallet(actor), pot(address(core.rollup), IN_QUEUE), totals[i]);
        }
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Appends an operation whose fee `payer` pays.
    function push(
        uint256 which,
        Kind kind,
        uint32[2] memory ends,
        uint16 id,
        uint128 amount,
        address user,
        address payer
    ) internal returns (Operation storage op) {
        Core storage core = _cores[which];
        uint256 fee = feeOf(core);
        op = core.operations.push();
        (op.kind, op.from, op.to) = (kind, ends[0], ends[1]);
        (op.token, op.amount, op.user) = (id, amount, user);
        (op.fee, op.queuedAt) = (fee, this.clock());
        (uint256 x, uint256 y) = kind == Kind.Deposit ? (X, Y) : (uint256(0), uint256(0));
        uint256 tail = (y << 251) | (fee << 161) | ((x % 2) << 160) | uint160(user);
        op.slot = abi.encodePacked(ends[0], ends[1], id, amount, bytes3(0), y >> 5, tail);
        move(ETH, wallet(payer), pot(address(core.rollup), FEES), fee);
    }

    /// @dev `user` pays the fee, and gets it back if the arrival is refunded.
    function pushArrival(uint256 which, Migrant[] memory list, Migration memory migration, address user) internal {
        Operation storage op = push(which, Kind.Arrival, [uint32(0), 0], 0, 0, user, user);
        op.brought = _arrivals.length;
        uint256 root = migration.signals[1];
        op.slot = abi.encodePacked(
            bytes26(keccak256(migration.arrivals)),
            bytes3(0),
            (uint256(4) << 249) | (root >> 5),
            (root << 251) | (op.fee << 161) | uint160(user)
        );
        Arrived storage arrived = _arrivals.push();
        arrived.arrivals = migration.arrivals;
        for (uint256 i = 0; i < 4; ++i) arrived.migrants.push(list[i]);
    }

    /// @dev Moves of four accounts, some of which may not exist, with their nonces of now.
    function signed(Core storage core, uint256 seed, bool isBad) internal view returns (Request memory asked) {
        uint16 pair = uint16(uint256(keccak256(abi.encode(seed, "pair"))) % 3);
        uint16 to = pair == 0 ? 0 : 3 - pair;
        if (isBad) to = 9;
        asked.tokens = tokensOf([pair, pair, pair, pair], [to, to, to, to]);
        Migrant[] memory list = new Migrant[](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 account = uint256(keccak256(abi.encode(seed, i))) % (core.accounts.length + 1);
            if (account == 0) continue;
            asked.from[i] = uint32(account);
            if (account < core.accounts.length) asked.nonces[i] = core.accounts[account].nonce;
            (address owner, uint16 id, ) = accountOf(core, account);
            // Of another token it is not valid, as it is in no pair.
            list[i] = Migrant(uint32(account), id, id == pair ? to : 0, 0, owner);
        }
        asked.moves = movesOf(list);
    }

    /// @dev Of the only pair. In the target the ids of the two tokens are swapped.
    function tokenRefusal(uint128 tokens) internal pure returns (bytes memory) {
        (uint16 source, uint16 given) = (uint16(tokens), uint16(tokens >> 16));
        uint16 expected = source == 0 ? 0 : 3 - source;
        if (given == expected) return "";
        return abi.encodeWithSelector(IMigration.WrongTargetToken.selector, source, given, expected);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev With `twist` 2 one wei too little; else up to two wei too much, which come back.
    function sent(uint256 value, uint256 twist) private pure returns (uint256) {
        return twist == 2 ? value - 1 : value + (twist % 3);
    }

    function queueRefusal(Core storage core, uint256 value, uint256 twist) private view returns (bytes memory) {
        if (core.isFrozen) return abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        if (twist != 2) return "";
        return abi.encodeWithSelector(ICustody.InsufficientValue.selector, value - 1, value);
    }

    function departureSlot(
        address target,
        Request memory asked,
        uint256 fee,
        uint256 forProof,
        address user
    ) private pure returns (bytes memory) {
        uint256 key = uint256(keccak256(abi.encode(target, asked.tokens, keccak256(asked.moves)))) >> 8;
        return
            abi.encodePacked(
                new bytes(10),
                uint128(forProof),
                bytes3(0),
                (uint256(2) << 249) | (key >> 5),
                (key << 251) | (fee << 161) | uint160(user)
            );
    }
}
