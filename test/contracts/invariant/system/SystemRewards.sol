// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import { IB52 } from "../../../../contracts/interfaces/IB52.sol";
import { IBatchVerifier } from "../../../../contracts/interfaces/IBatchVerifier.sol";
import { IProverRegistry } from "../../../../contracts/interfaces/IProverRegistry.sol";
import { SystemBlocks } from "./SystemBlocks.sol";

/// @notice What follows a round of B52: rewards, defences, slashes, and what is burned.
abstract contract SystemRewards is SystemBlocks {
    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function payRewards(uint256 index) public acts {
        if (_proposals.length == 0) return;
        Entry storage entry = _proposals[index % _proposals.length];
        IB52.RoundResult memory result = resultOf(entry.proposal.round);
        bytes memory refusal = rewardRefusal(entry, result);
        if (refusal.length == 0 && entry.isPaid) refusal = alreadyPaid(entry);
        else if (refusal.length == 0 && !isRewarded(entry, result)) refusal = notRewarded(entry);
        bytes memory data = abi.encodeCall(IB52.payRewards, (result, entry.record));
        attempt(actors[index % 4], address(b52), 0, data, refusal, "SYS-03: rewards are paid twice, or not due");
        if (refusal.length > 0) return;
        entry.isPaid = true;
        pay(entry, result);
        attempt(actors[0], address(b52), 0, data, alreadyPaid(entry), "SYS-03: rewards are paid twice");
    }

    /// @dev With the proof of whoever was promised the node; before, with that of another ticket.
    function defend(uint256 index, uint256 node) external acts {
        (uint256 found, bool exists) = blamed(index);
        if (!exists) return;
        Entry storage entry = _proposals[found];
        node = faultOf(entry, node);
        uint256 ticket = (entry.promised >> (8 * node)) & 0xff;
        bytes memory refusal;
        if (this.clock() >= entry.record.defenceEnd) refusal = defenceWindow(entry);
        else if (!isAccused(entry, node)) refusal = noDefault(entry, node);
        if (refusal.length == 0) {
            bytes memory rejected = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
            attempt(actors[0], address(b52), 0, defendCall(entry, node, [ticket + 1, ticket]), rejected);
        }
        bytes memory data = defendCall(entry, node, [ticket, ticket]);
        attempt(actors[1], address(b52), 0, data, refusal, "SYS-07: a default is cleared twice");
        if (refusal.length > 0) return;
        entry.cleared |= 1 << node;
        attempt(actors[2], address(b52), 0, data, noDefault(entry, node), "SYS-07: a default is cleared twice");
    }

    /// @dev Mostly as soon as the defence window is over; then once more.
    function slash(uint256 index, uint256 node) external acts {
        (uint256 found, bool exists) = blamed(index);
        if (!exists) return;
        Entry storage entry = _proposals[found];
        IB52.RoundResult memory result = resultOf(entry.proposal.round);
        bool isDue = isRewarded(entry, result) && isAccused(entry, faultOf(entry, node));
        if (isDue && index % 4 != 0 && this.clock() < entry.record.defenceEnd) vm.warp(entry.record.defenceEnd);
        node = faultOf(entry, node);
        bytes memory refusal = slashRefusal(entry, result, node);
        bytes memory data = abi.encodeCall(IB52.slash, (result, entry.record, node));
        attempt(actors[index % 4], address(b52), 0, data, refusal, "SYS-07: slashed twice, or for nothing");
        if (refusal.length > 0) return;

        entry.cleared |= 1 << node;
        uint256 ticket = (entry.promised >> (8 * node)) & 0xff;
        countInner(address(registry), IProverRegistry.slash.selector);
        uint256 amount = miss(ticket);
        move(NATIVE, stakeOf(address(registry), ticket), pot(address(b52), POOL), amount / 2);
        move(NATIVE, stakeOf(address(registry), ticket), pot(address(b52), TO_BURN), amount - amount / 2);
        attempt(actors[3], address(b52), 0, data, noDefault(entry, node), "SYS-07: slashed twice");
    }

    function fundPool(uint256 who, uint256 amount, bool isTooMuch) external acts {
        address actor = actors[who % 4];
        amount = bound(amount, 0, 60_000);
        bytes memory refusal;
        if (isTooMuch && who % 3 == 0) (amount, refusal) = beyondWallet(actor);
        approve(actor, NATIVE, address(b52), amount);
        attempt(actor, address(b52), 0, abi.encodeCall(IB52.fundPool, (amount)), refusal);
        if (refusal.length == 0) move(NATIVE, wallet(actor), pot(address(b52), POOL), amount);
    }

    function burn(uint256 who) public acts {
        bool isFrozen = _cores[1].isFrozen;
        uint256 pool = isFrozen ? bookedFor(NATIVE, address(b52), POOL) : 0;
        uint256 amount = bookedFor(NATIVE, address(b52), TO_BURN);
        bytes memory refusal;
        if (amount + pool == 0) refusal = abi.encodeWithSelector(IB52.NothingToBurn.selector);
        attempt(actors[who % 4], address(b52), 0, abi.encodeCall(IB52.burn, ()), refusal);
        move(NATIVE, pot(address(b52), TO_BURN), burned(), amount);
        move(NATIVE, pot(address(b52), POOL), burned(), pool);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @return amount One more than the actor has.
    /// @return refusal Of the native token.
    function beyondWallet(address actor) internal view returns (uint256 amount, bytes memory refusal) {
        uint256 has = booked[NATIVE][actor];
        refusal = abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, actor, has, has + 1);
        return (has + 1, refusal);
    }

    function isRewarded(Entry storage entry, IB52.RoundResult memory result) internal view returns (bool) {
        if (entry.record.id == 0 || result.winner == address(0)) return false;
        if (result.winner == entry.proposal.proposer) return true;
        return result.uncles.length == 1 && result.uncles[0] == entry.proposal.proposer;
    }

    // ─── Private: rewards ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev docs/b52.md §7: what was not earned goes back to the pool.
    function pay(Entry storage entry, IB52.RoundResult memory result) private {
        address at_ = address(b52);
        bool won = result.winner == entry.proposal.proposer;
        uint256 nodeReward = won ? result.nodeReward : result.uncleNodeReward;
        uint256 left = NODES * nodeReward + (won ? result.proposerReward : 0);
        (uint256 promised, uint256 credited) = (0, 0);
        for (uint256 node = 1; node <= NODES; ++node) {
            uint256 ticket = (entry.promised >> (8 * node)) & 0xff;
            if (ticket == 0) continue;
            ++promised;
            if ((entry.record.nodes >> node) & 1 == 0) continue;
            ++credited;
            address payout = tickets[ticket].payout;
            if (payout == address(0)) continue;
            move(NATIVE, pot(at_, REWARDS), owned(at_, payout), nodeReward);
            left -= nodeReward;
        }
        if (won && promised > 0) {
            uint256 part = (result.proposerReward * credited) / promised;
            move(NATIVE, pot(at_, REWARDS), owned(at_, entry.proposal.proposer), part);
            left -= part;
        }
        move(NATIVE, pot(at_, REWARDS), pot(at_, POOL), left);
    }

    /// @dev Without a result, or without a record, there is nothing to show.
    function rewardRefusal(Entry storage entry, IB52.RoundResult memory result) private view returns (bytes memory) {
        if (result.round != 0 && entry.record.id != 0) return "";
        return abi.encodeWithSelector(IB52.WrongPreimage.selector);
    }

    function alreadyPaid(Entry storage entry) private view returns (bytes memory) {
        return abi.encodeWithSelector(IB52.AlreadyPaid.selector, entry.proposal.round, entry.proposal.proposer);
    }

    function notRewarded(Entry storage entry) private view returns (bytes memory) {
        return abi.encodeWithSelector(IB52.NotRewarded.selector, entry.proposal.round, entry.proposal.proposer);
    }

    // ─── Private: defaults ───────────────────────────────────────────────────────────────────────────────────────────

    /// @return found Index of some proven block, mostly with a default that is not cleared.
    /// @return exists Whether any block was ever proven.
    function blamed(uint256 index) private view returns (uint256 found, bool exists) {
        uint256 size = _proposals.length;
        for (uint256 i = 0; i < size; ++i) {
            uint256 candidate = (index / 8 + i) % size;
            if (_proposals[candidate].record.id == 0) continue;
            (found, exists) = (candidate, true);
            if (index % 8 == 0 || isAccused(_proposals[found], faultOf(_proposals[found], index))) break;
        }
    }

    /// @return A node with a default that is not cleared, if there is one.
    function faultOf(Entry storage entry, uint256 node) private view returns (uint256) {
        node = 1 + (node % NODES);
        for (uint256 i = 0; i < NODES && !isAccused(entry, node); ++i) node = 1 + (node % NODES);
        return node;
    }

    function isAccused(Entry storage entry, uint256 node) private view returns (bool) {
        return (entry.record.nodes >> (16 + node)) & 1 == 1 && (entry.cleared >> node) & 1 == 0;
    }

    function noDefault(Entry storage entry, uint256 node) private view returns (bytes memory) {
        return abi.encodeWithSelector(IB52.NoDefault.selector, node, entry.record.nodes);
    }

    function defenceWindow(Entry storage entry) private view returns (bytes memory) {
        return abi.encodeWithSelector(IB52.DefenceWindow.selector, entry.record.defenceEnd, this.clock());
    }

    function slashRefusal(
        Entry storage entry,
        IB52.RoundResult memory result,
        uint256 node
    ) private view returns (bytes memory refusal) {
        if (this.clock() < entry.record.defenceEnd) return defenceWindow(entry);
        uint256 lapsed = entry.record.defenceEnd + PROPOSAL_WINDOW + PROOF_WINDOW + DEFENCE_WINDOW;
        if (this.clock() >= lapsed) {
            return abi.encodeWithSelector(IB52.DefaultLapsed.selector, lapsed, this.clock());
        }
        refusal = rewardRefusal(entry, result);
        if (refusal.length > 0) return refusal;
        if (!isRewarded(entry, result)) return notRewarded(entry);
        return isAccused(entry, node) ? bytes("") : noDefault(entry, node);
    }

    /// @param workers Who is said to have made the proof, and who defends itself.
    function defendCall(
        Entry storage entry,
        uint256 node,
        uint256[2] memory workers
    ) private view returns (bytes memory) {
        uint256 digest = 77;
        uint256[8] memory proof;
        proof[0] = uint256(keccak256(statementBy(entry, node, workers[0], digest)));
        return abi.encodeCall(IB52.defend, (entry.record, entry.statements, node, proof, digest));
    }

    /// @return statement Circuit and public signals of the node's proof, with another worker and its digest. The root
    ///         says of its own worker, who defaulted, that it delivered: in `delivered`, and in `nodes`.
    function statementBy(
        Entry storage entry,
        uint256 node,
        uint256 worker,
        uint256 digest
    ) private view returns (bytes memory statement) {
        bytes memory all = entry.statements;
        uint256 size = 0x20 * (9 + (node == 1 ? uint256(11) : 13));
        uint256 start = node == 1 ? 2 * 0x20 * (9 + 13) : (node - 2) * size;
        statement = new bytes(size - 0x100);
        uint256 digestAt = 0x20 * (node == 1 ? uint256(1) : 6);
        // Assembly: copies the words but for the proof, and replaces two of them.
        assembly ("memory-safe") {
            let source := add(add(all, 0x20), start)
            let words := add(statement, 0x20)
            mstore(words, mload(source))
            mcopy(add(words, 0x20), add(source, 0x120), sub(size, 0x120))
            mstore(add(words, digestAt), digest)
            mstore(add(words, sub(size, 0x120)), worker)
            if eq(node, 1) {
                mstore(add(words, 0x40), or(mload(add(words, 0x40)), shl(worker, 1)))
                mstore(add(words, 0x60), xor(mload(add(words, 0x60)), 0x20002))
            }
        }
    }
}
