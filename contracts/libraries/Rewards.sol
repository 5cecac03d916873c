// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Rewards
/// @notice How B52 divides the reward of a block and the bids that lost (docs/b52.md §7). What a division leaves over
///         is not reserved, and so stays in the pool.
library Rewards {
    /// @dev Shares and rates are in 1/10,000.
    uint256 internal constant RATE_UNIT = 10_000;

    /**
     * @param blockReward In the native token's smallest unit.
     * @param share Of the provers, at most `RATE_UNIT`.
     * @return toProposer What is not the provers'.
     * @return toProvers Their share, rounded down.
     */
    function split(uint256 blockReward, uint256 share) internal pure returns (uint256 toProposer, uint256 toProvers) {
        toProvers = (blockReward * share) / RATE_UNIT;
        toProposer = blockReward - toProvers;
    }

    /**
     * @param toProvers In the native token's smallest unit.
     * @param score Of one block, at most `scores`.
     * @param scores Sum of those of all blocks.
     * @return The block's part, by its score, rounded down; nothing if all scores are 0.
     */
    function blocksPart(uint256 toProvers, uint256 score, uint256 scores) internal pure returns (uint256) {
        return scores == 0 ? 0 : Math.mulDiv(toProvers, score, scores);
    }

    /**
     * @param uncleReward For a whole uncle.
     * @param nodes Of a full tree.
     * @param uncles Number of them.
     * @param available What there is for all of them.
     * @return For each node: its part of the reward, or of what is available if that is less; rounded down.
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
     * @param credited Number of nodes that were delivered, at most `promised`.
     * @param promised Number of nodes that somebody was promised.
     * @return The part of the proposer's reward that it gets: all for all of them, nothing for none; rounded down.
     */
    function proposersPart(uint256 toProposer, uint256 credited, uint256 promised) internal pure returns (uint256) {
        return promised == 0 ? 0 : (toProposer * credited) / promised;
    }

    /**
     * @param bid That did not win.
     * @param rate That is burned, at most `RATE_UNIT`.
     * @return burned Rounded up.
     * @return returned The rest.
     */
    function divideBid(uint256 bid, uint256 rate) internal pure returns (uint256 burned, uint256 returned) {
        burned = Math.mulDiv(bid, rate, RATE_UNIT, Math.Rounding.Ceil);
        returned = bid - burned;
    }
}
