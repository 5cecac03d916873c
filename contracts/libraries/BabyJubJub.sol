// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BN254 } from "../verification/batch/BN254.sol";

/**
 * @title BabyJubJub
 * @notice Checks that a public key may own an L2 account: it is canonical, on the curve and not of small order.
 * @dev The curve is a·x² + y² = 1 + d·x²·y² over the scalar field of BN254 (EIP-2494). Its order is 8·l with l prime;
 *      a is a square and d is not, so the addition law has no exceptional points.
 */
library BabyJubJub {
    uint256 internal constant FIELD = BN254.SCALAR_FIELD;
    uint256 private constant A = 168700;
    uint256 private constant D = 168696;

    /// @notice Rejects a coordinate that is not the canonical representative of a field element.
    error KeyNotCanonical(uint256 x, uint256 y);

    /// @notice Rejects coordinates that do not satisfy the curve equation.
    error KeyNotOnCurve(uint256 x, uint256 y);

    /// @notice Rejects a point of which eight times is the identity: anybody could sign for it.
    error KeyOfSmallOrder(uint256 x, uint256 y);

    /// @dev Reverts unless (x, y) is a canonical point of the curve whose order does not divide 8.
    function requireValidKey(uint256 x, uint256 y) internal pure {
        if (x >= FIELD || y >= FIELD) revert KeyNotCanonical(x, y);
        uint256 xx = mulmod(x, x, FIELD);
        uint256 yy = mulmod(y, y, FIELD);
        uint256 axx = mulmod(A, xx, FIELD);
        uint256 left = addmod(axx, yy, FIELD);
        uint256 right = addmod(1, mulmod(D, mulmod(xx, yy, FIELD), FIELD), FIELD);
        if (left != right) revert KeyNotOnCurve(x, y);

        // 2·(x, y) = (2xy / left, (yy − axx) / (2 − left)). The order divides 2 iff x = 0: the points are (0, 1) and
        // (0, -1). So it divides 4 iff x = 0 or y = 0, and 8 iff a coordinate of the double is 0.
        if (x == 0 || y == 0 || axx == yy) revert KeyOfSmallOrder(x, y);
    }
}
