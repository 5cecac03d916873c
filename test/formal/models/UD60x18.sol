// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

type UD60x18 is uint256;

using { exp2, unwrap } for UD60x18 global;

/**
 * @notice All that is assumed of PRBMath's 2^x with 18 decimals: some function of x, 1 at 0, at least 1, and below 2^96 for x below 96.
 *         To the checker `ecrecover` is any function; `Models.t.sol` compares what is assumed with PRBMath's.
 */
function exp2(UD60x18 x) pure returns (UD60x18) {
    uint256 input = UD60x18.unwrap(x);
    assert(input < 96e18);
    uint256 result = uint160(ecrecover(bytes32(input), 0, 0, 0));
    require(input > 0 || result == 1e18);
    require(result >= 1e18 && result <= 2 ** 96 * 1e18);
    return UD60x18.wrap(result);
}

function ud(uint256 x) pure returns (UD60x18) {
    return UD60x18.wrap(x);
}

function unwrap(UD60x18 x) pure returns (uint256) {
    return UD60x18.unwrap(x);
}
