// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Rewards
/// @notice Divides the rewards of B52, and the bids that lost (docs/b52.md §7). The remainder of a division is not
///         reserved, and so stays in the pool.
library Rewards {
    /// @dev Shares and rates are in 1/10,000.
    uint256 internal constant RATE_UNIT = 10_000;

    /**
     * @dev Splits the reward of a block.
     * @param blockReward Amount in the native token's smallest unit.
     * @param share Provers' part, in 1/10,000, at most `RATE_UNIT`.
     * @return toProposer The proposer's part.
     * @return toProvers The provers' part, rounded down.
     */
    function split(uint256 blockReward, uint256 share) internal pure returns (uint256 toProposer, uint256 toProvers) {
        toProvers = (blockReward * share) / RATE_UNIT;
        toProposer = blockReward - toProvers;
    }

    /**
     * @dev Returns a block's part of the provers' reward by its score, rounded down; 0 if all scores are 0.
     * @param toProvers Reward in the native token's smallest unit.
     * @param score Score of the block, at most `scores`.
     * @param scores Sum of the scores of all blocks.
     */
    function blocksPart(uint256 toProvers, uint256 score, uint256 scores) internal pure returns (uint256) {
        return scores == 0 ? 0 : Math.mulDiv(toProvers, score, scores);
    }

    /**
     * @dev Returns the reward for each node of an uncle, rounded down.
     * @param uncleReward Reward for a whole uncle.
     * @param nodes Number of nodes of a full tree.
     * @param uncles Number of uncles.
     * @param available Upper bound for the rewards of all uncles.
     */
    function uncleNode(
        uint256 uncleReward,
        uint256 nodes,
        uint256 uncles,
        uint256 available
    ) internal pure returns (uint256) {
        return uncles == 0 ? 0 : Math.min(uncleReward / nodes, available / (nodes * uncles));
    }

    /**
     * @dev Returns the part of the proposer's reward that it receives, in proportion to the delivered nodes; rounded
     *      down.
     * @param toProposer Reward if all promised nodes are delivered.
     * @param credited Number of promised nodes that were delivered, at most `promised`.
     * @param promised Number of nodes that were promised to a ticket.
     */
    function proposersPart(uint256 toProposer, uint256 credited, uint256 promised) internal pure returns (uint256) {
        return promised == 0 ? 0 : (toProposer * credited) / promised;
    }

    /**
     * @dev Divides a bid that did not win.
     * @param bid Amount of the bid.
     * @param rate Part that is burned, in 1/10,000, at most `RATE_UNIT`.
     * @return burned Burned amount, rounded up.
     * @return returned Rest of the bid.
     */
    function divideBid(uint256 bid, uint256 rate) internal pure returns (uint256 burned, uint256 returned) {
        burned = Math.mulDiv(bid, rate, RATE_UNIT, Math.Rounding.Ceil);
        returned = bid - burned;
    }
}
