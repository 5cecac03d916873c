// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Rewards } from "../../contracts/libraries/Rewards.sol";

/// @notice Of rewards and bids, for every amount of 96 bits, trees of up to 15 nodes (docs/b52.md §7).
contract RewardsProperties {
    uint256 private constant UNIT = 10_000;
    uint256 private constant MAX_NODES = 15;

    /// @notice Proposer and provers together get the reward.
    function splitConserves(uint96 reward, uint16 share) external pure {
        require(share <= UNIT);
        (uint256 toProposer, uint256 toProvers) = Rewards.split(reward, share);
        assert(toProposer + toProvers == reward);
    }

    /// @notice The proposer gets what is not the provers', rounded up.
    function proposersShare(uint96 reward, uint16 share) external pure {
        require(share <= UNIT);
        (uint256 toProposer, ) = Rewards.split(reward, share);
        assert(UNIT * toProposer >= uint256(reward) * (UNIT - share));
        assert(UNIT * toProposer < uint256(reward) * (UNIT - share) + UNIT);
    }

    /// @notice A greater share is never less for the provers.
    function monotoneInShare(uint96 reward, uint16 share, uint16 greater) external pure {
        require(share <= greater && greater <= UNIT);
        (uint256 toProposer, uint256 toProvers) = Rewards.split(reward, share);
        (uint256 lessToProposer, uint256 moreToProvers) = Rewards.split(reward, greater);
        assert(lessToProposer <= toProposer && moreToProvers >= toProvers);
    }

    /// @notice Two blocks together get no more than what is for the provers of all.
    function partsNeverExceed(uint96 toProvers, uint112 score, uint112 other, uint112 scores) external pure {
        require(uint256(score) + other <= scores);
        uint256 part = Rewards.blocksPart(toProvers, score, scores);
        assert(part + Rewards.blocksPart(toProvers, other, scores) <= toProvers);
    }

    /// @notice All uncles' nodes together get no more than what is available, and each no more than its part.
    function unclesWithinThePool(uint96 uncleReward, uint256 nodes, uint256 uncles, uint96 available) external pure {
        require(nodes >= 1 && nodes <= MAX_NODES && uncles <= 3);
        uint256 node = Rewards.uncleNode(uncleReward, nodes, uncles, available);
        assert(node * nodes * uncles <= available);
        assert(node * nodes <= uncleReward);
    }

    /// @notice The proposer gets no more than its reward, all of it for all nodes, and nothing for none.
    function partOfTheReward(uint96 toProposer, uint256 credited, uint256 promised) external pure {
        require(credited <= promised && promised <= MAX_NODES);
        uint256 part = Rewards.proposersPart(toProposer, credited, promised);
        assert(part <= toProposer);
        assert(credited < promised || promised == 0 || part == toProposer);
        assert(credited > 0 || part == 0);
    }

    /// @notice A node more that is credited is never less for the proposer.
    function monotoneInCredited(uint96 toProposer, uint256 credited, uint256 promised) external pure {
        require(credited < promised && promised <= MAX_NODES);
        uint256 part = Rewards.proposersPart(toProposer, credited, promised);
        assert(part <= Rewards.proposersPart(toProposer, credited + 1, promised));
    }

    /// @notice The burned part and the returned part are together the bid; no less is burned than the rate says.
    function bidIsConserved(uint88 bid, uint16 rate) external pure {
        require(rate <= UNIT);
        (uint256 burned, uint256 returned) = Rewards.divideBid(bid, rate);
        assert(burned + returned == bid);
        assert(UNIT * burned >= uint256(bid) * rate && UNIT * burned < uint256(bid) * rate + UNIT);
    }

    /// @notice Nothing of a bid is burned at no rate, all of it at the full one.
    function bidAtTheEnds(uint88 bid) external pure {
        (uint256 burned, ) = Rewards.divideBid(bid, 0);
        assert(burned == 0);
        (, uint256 returned) = Rewards.divideBid(bid, 10_000);
        assert(returned == 0);
    }
}
