// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import { IB52Defaults } from "../../../../contracts/interfaces/IB52Defaults.sol";
import { IB52Rounds } from "../../../../contracts/interfaces/IB52Rounds.sol";
import { IB52Settlement } from "../../../../contracts/interfaces/IB52Settlement.sol";
import { IBatchVerifier } from "../../../../contracts/verification/batch/IBatchVerifier.sol";
import { INativeBalances } from "../../../../contracts/interfaces/INativeBalances.sol";
import { IProverRegistry } from "../../../../contracts/interfaces/IProverRegistry.sol";
import { VoteOpening } from "../../../../contracts/libraries/VoteOpening.sol";
import { PoseidonHasher } from "../PoseidonHasher.sol";
import { RoundResult } from "../../../../contracts/types/Round.sol";
import { OpenedVote } from "../../../../contracts/types/Vote.sol";
import { SystemBlocks } from "./SystemBlocks.sol";

/// @notice Actions that follow a round of B52: rewards, defences, slashes, and burning.
abstract contract SystemRewards is SystemBlocks {
    /// @dev A bit for each ticket.
    mapping(uint256 round => uint256) internal slashedFor;
    PoseidonHasher internal poseidon;

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function payRewards(uint256 index) public acts {
        if (_proposals.length == 0) return;
        Entry storage entry = _proposals[index % _proposals.length];
        RoundResult memory result = resultOf(entry.proposal.round);
        bytes memory refusal = rewardRefusal(entry, result);
        if (refusal.length == 0 && !isRewarded(entry, result)) refusal = notRewarded(entry);
        else if (refusal.length == 0 && !isRecorded(entry)) refusal = wrongPreimage();
        else if (refusal.length == 0 && entry.isPaid) refusal = alreadyPaid(entry);
        bytes memory data = abi.encodeCall(IB52Settlement.payRewards, (result, entry.record));
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
            attempt(actors[0], address(b52), 0, defendCall(entry, node, ticket + 1), rejected);
        }
        bytes memory data = defendCall(entry, node, ticket);
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
        RoundResult memory result = resultOf(entry.proposal.round);
        bool isDue = isRewarded(entry, result) && isAccused(entry, faultOf(entry, node));
        if (isDue && index % 4 != 0 && this.clock() < entry.record.defenceEnd) vm.warp(entry.record.defenceEnd);
        node = faultOf(entry, node);
        uint256 ticket = (entry.promised >> (8 * node)) & 0xff;
        bytes memory refusal = slashRefusal(entry, result, node);
        bytes memory data = abi.encodeCall(IB52Defaults.slash, (result, entry.record, node));
        address caller = actors[index % 4];
        attempt(caller, address(b52), 0, data, refusal, "SYS-07: slashed twice, or for nothing");
        if (refusal.length > 0) return;

        slashedFor[entry.proposal.round] |= 1 << ticket;
        countInner(address(registry), IProverRegistry.slash.selector);
        uint256 amount = miss(ticket);
        uint256 bounty = amount / 2 < BOUNTY ? amount / 2 : BOUNTY;
        if (caller == entry.proposal.proposer) bounty = 0;
        move(NATIVE, stakeOf(address(registry), ticket), owned(address(b52), caller), bounty);
        move(NATIVE, stakeOf(address(registry), ticket), pot(address(b52), POOL), amount / 2 - bounty);
        move(NATIVE, stakeOf(address(registry), ticket), pot(address(b52), TO_BURN), amount - amount / 2);
        attempt(actors[3], address(b52), 0, data, alreadySlashed(entry, ticket), "SYS-07: slashed twice");
    }

    /// @dev Of the root, the only merge; else of a leaf, which needs none.
    function demandVotes(uint256 index, uint256 who, bool isLeaf) external acts {
        (uint256 found, bool exists) = blamed(index);
        if (!exists) return;
        Entry storage entry = _proposals[found];
        (address actor, uint256 node) = (actors[who % 4], isLeaf ? 2 : 1);
        bytes memory refusal = demandRefusal(entry, actor, node);
        bytes memory data = abi.encodeCall(IB52Defaults.demandVotes, (entry.record, node));
        attempt(actor, address(b52), 0, data, refusal);
        if (refusal.length > 0) return;
        entry.asker = actor;
        move(NATIVE, owned(address(b52), actor), pot(address(b52), DEPOSITS), VOTE_DEPOSIT);
    }

    /// @dev Before, somebody shows a vote that there is not.
    function showVotes(uint256 index, uint256 who) external acts {
        (uint256 found, bool exists) = demanded(index);
        if (!exists) return;
        Entry storage entry = _proposals[found];
        bytes memory refusal = showRefusal(entry);
        OpenedVote[] memory openings = emptyOpenings();
        if (refusal.length == 0) {
            openings[0].exists = true;
            bytes memory wrong = abi.encodeCall(IB52Defaults.showVotes, (entry.record, 1, openings));
            attempt(actors[0], address(b52), 0, wrong, abi.encodeWithSelector(VoteOpening.WrongVote.selector));
            openings[0].exists = false;
        }
        bytes memory data = abi.encodeCall(IB52Defaults.showVotes, (entry.record, 1, openings));
        attempt(actors[who % 4], address(b52), 0, data, refusal);
        if (refusal.length == 0) entry.answerer = actors[who % 4];
    }

    /// @dev Once more after it went through.
    function closeDemand(uint256 index, uint256 who) public acts {
        (uint256 found, bool exists) = demanded(index);
        if (!exists) return;
        Entry storage entry = _proposals[found];
        bytes memory refusal;
        if (this.clock() < entry.record.defenceEnd) refusal = defenceWindow(entry);
        else if (!isRecorded(entry)) refusal = wrongPreimage();
        else if (entry.asker == address(0)) refusal = notDemanded();
        bytes memory data = abi.encodeCall(IB52Defaults.closeDemand, (entry.record, 1));
        attempt(actors[who % 4], address(b52), 0, data, refusal, "SYS-03: a deposit is returned too early");
        if (refusal.length > 0) return;
        bool wasRight =
            entry.answerer == address(0) || (entry.cleared >> 1) & 1 == 1 || (entry.record.nodes >> 1) & 1 == 1;
        if (entry.answerer == address(0)) entry.cleared |= 2;
        address receiver = wasRight ? entry.asker : entry.answerer;
        move(NATIVE, pot(address(b52), DEPOSITS), owned(address(b52), receiver), VOTE_DEPOSIT);
        (entry.asker, entry.answerer) = (address(0), address(0));
        attempt(actors[0], address(b52), 0, data, notDemanded(), "SYS-03: a deposit is returned twice");
    }

    function fundPool(uint256 who, uint256 amount, bool isTooMuch) external acts {
        address actor = actors[who % 4];
        amount = bound(amount, 0, 60_000);
        bytes memory refusal;
        if (isTooMuch && who % 3 == 0) (amount, refusal) = beyondWallet(actor);
        approve(actor, NATIVE, address(b52), amount);
        attempt(actor, address(b52), 0, abi.encodeCall(IB52Settlement.fundPool, (amount)), refusal);
        if (refusal.length == 0) move(NATIVE, wallet(actor), pot(address(b52), POOL), amount);
    }

    function burn(uint256 who) public acts {
        bool isFrozen = _cores[1].isFrozen;
        uint256 pool = isFrozen ? bookedFor(NATIVE, address(b52), POOL) : 0;
        uint256 amount = bookedFor(NATIVE, address(b52), TO_BURN);
        bytes memory refusal;
        if (amount + pool == 0) refusal = abi.encodeWithSelector(IB52Settlement.NothingToBurn.selector);
        attempt(actors[who % 4], address(b52), 0, abi.encodeCall(IB52Settlement.burn, ()), refusal);
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

    function isRewarded(Entry storage entry, RoundResult memory result) internal view returns (bool) {
        if (entry.record.id == 0 || result.winner == address(0)) return false;
        if (result.winner == entry.proposal.proposer) return true;
        return result.uncles.length == 1 && result.uncles[0] == entry.proposal.proposer;
    }

    /// @return Amount that the result sets aside for the block.
    function reservedFor(Entry storage entry, RoundResult memory result) internal view returns (uint256) {
        bool won = result.winner == entry.proposal.proposer;
        return won ? result.proversReward + result.proposerReward : NODES * result.uncleNodeReward;
    }

    // ─── Private: rewards ────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev docs/b52.md §7: rewards that were not earned go back to the pool.
    function pay(Entry storage entry, RoundResult memory result) private {
        address at_ = address(b52);
        bool won = result.winner == entry.proposal.proposer;
        uint256 nodeReward = won ? result.proversReward / NODES : result.uncleNodeReward;
        uint256 left = reservedFor(entry, result);
        _unpaid[result.round] -= left;
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

    /// @dev Without a result, or without a record, there is nothing to show. An empty record is one of round 0.
    function rewardRefusal(Entry storage entry, RoundResult memory result) private view returns (bytes memory) {
        (uint256 round, uint256 latest) = (entry.record.round, _kept[entry.record.round % ROUNDS_KEPT]);
        if (latest > round) return abi.encodeWithSelector(IB52Rounds.ResultLapsed.selector, round, latest);
        return result.round != 0 && entry.record.id != 0 ? bytes("") : wrongPreimage();
    }

    /// @dev Whether the contract has to keep the block's record: no later block of the proposer has its place.
    function isRecorded(Entry storage entry) internal view returns (bool) {
        uint256 index = _recorded[entry.proposal.proposer][entry.proposal.round % ROUNDS_KEPT];
        return index > 0 && _proposals[index - 1].id == entry.id;
    }

    function wrongPreimage() private pure returns (bytes memory) {
        return abi.encodeWithSelector(IB52Rounds.WrongPreimage.selector);
    }

    function alreadyPaid(Entry storage entry) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IB52Settlement.AlreadyPaid.selector, entry.proposal.round, entry.proposal.proposer);
    }

    function notRewarded(Entry storage entry) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IB52Settlement.NotRewarded.selector, entry.proposal.round, entry.proposal.proposer);
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
        return abi.encodeWithSelector(IB52Defaults.NoDefault.selector, node, entry.record.nodes);
    }

    function defenceWindow(Entry storage entry) private view returns (bytes memory) {
        return abi.encodeWithSelector(IB52Defaults.DefenceWindow.selector, entry.record.defenceEnd, this.clock());
    }

    function slashRefusal(
        Entry storage entry,
        RoundResult memory result,
        uint256 node
    ) private view returns (bytes memory refusal) {
        refusal = rewardRefusal(entry, result);
        if (refusal.length > 0) return refusal;
        if (!isRewarded(entry, result)) return notRewarded(entry);
        if (this.clock() < entry.record.defenceEnd) return defenceWindow(entry);
        uint256 lapsed = entry.record.defenceEnd + PROPOSAL_WINDOW + PROOF_WINDOW + DEFENCE_WINDOW;
        if (this.clock() >= lapsed) {
            return abi.encodeWithSelector(IB52Defaults.DefaultLapsed.selector, lapsed, this.clock());
        }
        if (!isAccused(entry, node)) return noDefault(entry, node);
        if (node == 1 && entry.asker != address(0) && entry.answerer == address(0)) {
            return abi.encodeWithSelector(IB52Defaults.VotesNotShown.selector, 1);
        }
        uint256 ticket = (entry.promised >> (8 * node)) & 0xff;
        bool isSlashed = (slashedFor[entry.proposal.round] >> ticket) & 1 == 1;
        return isSlashed ? alreadySlashed(entry, ticket) : bytes("");
    }

    function alreadySlashed(Entry storage entry, uint256 ticket) private view returns (bytes memory) {
        return abi.encodeWithSelector(IB52Defaults.AlreadySlashed.selector, entry.proposal.round, ticket);
    }

    // ─── Private: votes ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @return found Index of some proven block, of one with a demand if there is any.
    /// @return exists Whether any block was ever proven.
    function demanded(uint256 index) private view returns (uint256 found, bool exists) {
        uint256 size = _proposals.length;
        for (uint256 i = 0; i < size; ++i) {
            uint256 candidate = (index / 8 + i) % size;
            if (_proposals[candidate].record.id == 0) continue;
            (found, exists) = (candidate, true);
            if (index % 8 == 0 || _proposals[candidate].asker != address(0)) break;
        }
    }

    function demandRefusal(Entry storage entry, address actor, uint256 node) private view returns (bytes memory) {
        uint256 balance = bookedFor(NATIVE, address(b52), purposeOf(actor));
        if (balance < VOTE_DEPOSIT) {
            return
                abi.encodeWithSelector(
                    INativeBalances.InsufficientBalance.selector,
                    actor,
                    balance,
                    uint256(VOTE_DEPOSIT)
                );
        }
        uint256 end = entry.record.defenceEnd - 2 * (DEFENCE_WINDOW / 3);
        if (this.clock() >= end) return abi.encodeWithSelector(IB52Defaults.DemandWindow.selector, end, this.clock());
        if (!isAccused(entry, node)) return noDefault(entry, node);
        if (node > 1) return abi.encodeWithSelector(IB52Defaults.NoVotesNeeded.selector, node, 2);
        if (entry.asker == address(0)) return "";
        return abi.encodeWithSelector(IB52Defaults.AlreadyDemanded.selector, node, entry.asker);
    }

    function showRefusal(Entry storage entry) private view returns (bytes memory) {
        uint256 end = entry.record.defenceEnd - DEFENCE_WINDOW / 3;
        if (this.clock() >= end) return abi.encodeWithSelector(IB52Defaults.AnswerWindow.selector, end, this.clock());
        if (entry.asker == address(0)) return notDemanded();
        if (entry.answerer == address(0)) return "";
        return abi.encodeWithSelector(IB52Defaults.AlreadyShown.selector, 1, entry.answerer);
    }

    function notDemanded() private pure returns (bytes memory) {
        return abi.encodeWithSelector(IB52Defaults.NotDemanded.selector, 1);
    }

    /// @return openings For the children of the root and itself, in a tree without votes.
    function emptyOpenings() private view returns (OpenedVote[] memory openings) {
        openings = new OpenedVote[](3);
        uint256 sibling = 0;
        for (uint256 level = 0; level < 4; ++level) {
            for (uint256 i = 0; i < 3; ++i) openings[i].path[level] = sibling;
            sibling = poseidon.hash(sibling, sibling);
        }
    }

    /// @param worker Claimed maker of the proof. The root's proof says that the node was delivered, as it looks at its
    ///        own vote.
    function defendCall(Entry storage entry, uint256 node, uint256 worker) private view returns (bytes memory) {
        uint256 digest = 77;
        uint256[] memory words = abi.decode(entry.words, (uint256[][4]))[node];
        words[node == 1 ? 0 : 5] = digest;
        words[node == 1 ? 10 : 12] = worker;
        if (node == 1) {
            words[1] |= 1 << ((entry.promised >> 8) & 0xff);
            words[2] ^= 0x20002;
        }
        uint256[8] memory proof;
        proof[0] = verifier.hashOf(circuitOf(node), words);
        return abi.encodeCall(IB52Defaults.defend, (entry.record, entry.statements, node, proof, digest));
    }
}
