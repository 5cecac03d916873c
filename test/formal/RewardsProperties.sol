// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Rewards } from "../../contracts/libraries/Rewards.sol";

/// @notice Of rewards and bids, for every amount of 96 bits, trees of 15 nodes, and up to 4 of them in a round (docs/b52.md §7).
contract RewardsProperties {
    uint256 private constant UNIT = 10_000;
    uint256 private constant MAX_NODES = 60;

    /// @notice Proposer and nodes together get no more than the reward, and all of it but less than a unit for each node.
    function splitConserves(uint96 reward, uint16 share, uint256 nodes) external pure {
        require(share <= UNIT && nodes >= 1 && nodes <= MAX_NODES);
        (uint256 toProposer, uint256 toNode) = Rewards.split(reward, share, nodes);
        assert(toProposer + toNode * nodes <= reward);
        assert(toProposer + toNode * nodes + nodes > reward);
    }

    /// @notice The proposer gets what is not the provers', rounded up.
    function proposersShare(uint96 reward, uint16 share, uint256 nodes) external pure {
        require(share <= UNIT && nodes >= 1 && nodes <= MAX_NODES);
        (uint256 toProposer, ) = Rewards.split(reward, share, nodes);
        assert(UNIT * toProposer >= uint256(reward) * (UNIT - share));
        assert(UNIT * toProposer < uint256(reward) * (UNIT - share) + UNIT);
    }

    /// @notice A greater share is never less for the provers.
    function monotoneInShare(uint96 reward, uint16 share, uint16 greater, uint256 nodes) external pure {
        require(share <= greater && greater <= UNIT && nodes >= 1 && nodes <= MAX_NODES);
        (uint256 toProposer, uint256 toNode) = Rewards.split(reward, share, nodes);
        (uint256 lessToProposer, uint256 moreToNode) = Rewards.split(reward, greater, nodes);
        assert(lessToProposer <= toProposer && moreToNode >= toNode);
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

    /// @notice What is burned of a bid and what returns are together the bid; no less is burned than the rate says.
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
