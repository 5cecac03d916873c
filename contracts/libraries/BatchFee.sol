// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { ud } from "@prb/math/src/UD60x18.sol";

/**
 * @title BatchFee
 * @notice The exponentials by which the batch fee follows lateness: a factor of two for each `doublingTime` seconds
 *         that something is late, and one of a half for each `halvingTime` seconds that nothing is.
 * @dev Both directions round against the change (up rounds down, down rounds up), so cutting a span into many calls
 *      never moves the fee further than one call. `exp2` is exact to about one part in 10^18, in either direction. It
 *      costs 2,500 gas, which a fee that is at its limit and stays there does not need.
 */
library BatchFee {
    /// @dev Beyond this many doublings a fee of at least 1 is past 2^96, whatever the limits.
    uint256 private constant MAX_DOUBLINGS = 96;
    uint256 private constant UNIT = 1e18;

    /**
     * @param fee In the native token's smallest unit, at most `maximum`.
     * @param elapsed Seconds of lateness.
     * @param doublingTime Seconds, not 0.
     * @return min(maximum, fee · 2^(elapsed / doublingTime)), rounded down.
     */
    function raise(uint96 fee, uint256 elapsed, uint256 doublingTime, uint96 maximum) internal pure returns (uint96) {
        if (fee >= maximum || elapsed >= MAX_DOUBLINGS * doublingTime) return maximum;
        uint256 raised = (uint256(fee) * _factor(elapsed, doublingTime)) / UNIT;
        return uint96(Math.min(raised, maximum));
    }

    /**
     * @param fee In the native token's smallest unit, at least `minimum`.
     * @param elapsed Seconds without lateness.
     * @param halvingTime Seconds, not 0.
     * @return max(minimum, fee / 2^(elapsed / halvingTime)), rounded up.
     */
    function lower(uint96 fee, uint256 elapsed, uint256 halvingTime, uint96 minimum) internal pure returns (uint96) {
        if (fee <= minimum || elapsed >= MAX_DOUBLINGS * halvingTime) return minimum;
        uint256 lowered = Math.ceilDiv(uint256(fee) * UNIT, _factor(elapsed, halvingTime));
        return uint96(Math.max(lowered, minimum));
    }

    /// @dev 2^(elapsed / time) with 18 decimals: below 2^156, so its product with a fee stays below 2^252.
    function _factor(uint256 elapsed, uint256 time) private pure returns (uint256) {
        return ud((elapsed * UNIT) / time).exp2().unwrap();
    }
}
