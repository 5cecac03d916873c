// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/**
 * @title Score
 * @notice How B52 ranks blocks: NUM_PROVERS³ · BURN_BID² (B52, Phase 3), where a bid counts for less the further the
 *         provers are below a target; how much less follows the blocks (docs/b52.md §6).
 */
library Score {
    uint256 private constant UNIT = 1e18;

    /// @dev Like EIP-1559: at most an eighth for each block.
    uint256 private constant MAX_CHANGE = 8;

    /**
     * @param provers At most 247.
     * @param bid Below 2^96.
     * @param slope In 1e-18.
     * @param target At least 1.
     * @return provers³ · (bid / (1 + slope · shortfall))², shortfall being max(0, 1 − provers / target). The bid in
     *         parentheses is rounded down. Below 2^216.
     */
    function compute(uint256 provers, uint256 bid, uint256 slope, uint256 target) internal pure returns (uint256) {
        uint256 shortfall = Math.saturatingSub(target, provers);
        uint256 counted = Math.mulDiv(bid, UNIT * target, UNIT * target + slope * shortfall);
        return provers * provers * provers * counted * counted;
    }

    /**
     * @notice The slope after a block with `provers`: up by at most an eighth if they are below the target, rounded up,
     *         and down by at most an eighth if above, rounded down.
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
