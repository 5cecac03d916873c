// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/**
 * @title Score
 * @notice Ranks the blocks of B52 by NUM_PROVERS³ · BURN_BID² (B52, Phase 3). A bid counts for less if the provers are
 *         fewer than a target, by a slope that follows the blocks (docs/b52.md §6).
 */
library Score {
    uint256 private constant UNIT = 1e18;

    /// @dev As in EIP-1559: the slope changes by at most an eighth for each block.
    uint256 private constant MAX_CHANGE = 8;

    /**
     * @notice Returns the score provers³ · (bid / (1 + slope · shortfall))², where shortfall is
     *         max(0, 1 − provers / target). The term in parentheses is rounded down. The score is below 2^216.
     * @dev Example: 2 provers at a target of 4, a bid of 300 and a slope of 1e18: shortfall 1/2, bid 300 / 1.5 = 200,
     *      score 2³ · 200² = 320,000.
     * @param provers Number of provers, at most 247.
     * @param bid Amount of the bid, below 2^96.
     * @param slope Slope in 1e-18.
     * @param target Target number of provers, at least 1.
     */
    function compute(uint256 provers, uint256 bid, uint256 slope, uint256 target) internal pure returns (uint256) {
        uint256 shortfall = Math.saturatingSub(target, provers);
        uint256 counted = Math.mulDiv(bid, UNIT * target, UNIT * target + slope * shortfall);
        return provers * provers * provers * counted * counted;
    }

    /**
     * @notice Returns the slope after a block with `provers`. It rises by at most an eighth, rounded up, if they are
     *         fewer than the target, and falls by at most an eighth, rounded down, if they are more.
     */
    function nextSlope(
        uint256 slope,
        uint256 provers,
        uint256 target,
        uint256 minimum,
        uint256 maximum
    ) internal pure returns (uint256) {
        if (provers < target) {
            uint256 rise = Math.ceilDiv(slope * (target - provers), target * MAX_CHANGE);
            return Math.min(slope + rise, maximum);
        }
        uint256 fall = (slope * Math.min(provers - target, target)) / (target * MAX_CHANGE);
        return Math.max(slope - fall, minimum);
    }
}
