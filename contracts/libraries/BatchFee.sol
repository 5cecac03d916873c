// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { ud } from "@prb/math/src/UD60x18.sol";

/**
 * @title BatchFee
 * @notice Moves the batch fee with lateness: it doubles in `doublingTime` seconds while a batch is late, and halves in
 *         `halvingTime` seconds while no batch is late.
 * @dev Both directions round against the change (up rounds down, down rounds up), so many calls in a span never move
 *      the fee further than one call. `exp2` is exact to about one part in 10^18, in either direction. It costs 2,500
 *      gas, and is not called for a fee that stays at its limit.
 */
library BatchFee {
    /// @dev After this number of doublings a fee of at least 1 is at least 2^96, above every limit.
    uint256 private constant MAX_DOUBLINGS = 96;
    uint256 private constant UNIT = 1e18;

    /**
     * @notice Raises a fee.
     * @param fee Fee in the native token's smallest unit, at most `maximum`.
     * @param elapsed Seconds of lateness.
     * @param doublingTime Seconds that double the fee, not 0.
     * @param maximum Upper bound of the fee.
     * @return Raised fee, min(maximum, fee · 2^(elapsed / doublingTime)), rounded down.
     */
    function raise(uint96 fee, uint256 elapsed, uint256 doublingTime, uint96 maximum) internal pure returns (uint96) {
        if (fee >= maximum || elapsed >= MAX_DOUBLINGS * doublingTime) return maximum;
        uint256 raised = (uint256(fee) * _factor(elapsed, doublingTime)) / UNIT;
        return uint96(Math.min(raised, maximum));
    }

    /**
     * @notice Lowers a fee.
     * @param fee Fee in the native token's smallest unit, at least `minimum`.
     * @param elapsed Seconds without lateness.
     * @param halvingTime Seconds that halve the fee, not 0.
     * @param minimum Lower bound of the fee.
     * @return Lowered fee, max(minimum, fee / 2^(elapsed / halvingTime)), rounded up.
     */
    function lower(uint96 fee, uint256 elapsed, uint256 halvingTime, uint96 minimum) internal pure returns (uint96) {
        if (fee <= minimum || elapsed >= MAX_DOUBLINGS * halvingTime) return minimum;
        uint256 lowered = Math.ceilDiv(uint256(fee) * UNIT, _factor(elapsed, halvingTime));
        return uint96(Math.max(lowered, minimum));
    }

    /// @dev Returns 2^(elapsed / time) with 18 decimals. It is below 2^156, so its product with a fee stays below
    ///      2^252.
    function _factor(uint256 elapsed, uint256 time) private pure returns (uint256) {
        return ud((elapsed * UNIT) / time).exp2().unwrap();
    }
}
