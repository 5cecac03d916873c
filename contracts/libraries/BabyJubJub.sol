// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BN254 } from "./BN254.sol";

/**
 * @title BabyJubJub
 * @notice Tells whether a public key may own an L2 account: canonical, on the curve and not of small order.
 * @dev The curve is a·x² + y² = 1 + d·x²·y² over the scalar field of BN254 (EIP-2494). Its order is 8·l with l prime; a is a
 *      square and d is not, so the projective addition law has no exceptional points.
 */
library BabyJubJub {
    uint256 internal constant FIELD = BN254.SCALAR_FIELD;
    uint256 private constant A = 168700;
    uint256 private constant D = 168696;

    /// @notice A coordinate is not the canonical representative of a field element.
    error KeyNotCanonical(uint256 x, uint256 y);

    /// @notice The coordinates do not satisfy the curve equation.
    error KeyNotOnCurve(uint256 x, uint256 y);

    /// @notice Eight times the point is the identity: anybody could sign for it.
    error KeyOfSmallOrder(uint256 x, uint256 y);

    /// @dev Reverts unless (x, y) is a canonical point of the curve whose order does not divide 8.
    function requireValidKey(uint256 x, uint256 y) internal pure {
        if (x >= FIELD || y >= FIELD) revert KeyNotCanonical(x, y);
        uint256 xx = mulmod(x, x, FIELD);
        uint256 yy = mulmod(y, y, FIELD);
        uint256 left = addmod(mulmod(A, xx, FIELD), yy, FIELD);
        uint256 right = addmod(1, mulmod(D, mulmod(xx, yy, FIELD), FIELD), FIELD);
        if (left != right) revert KeyNotOnCurve(x, y);

        uint256 z = 1;
        uint256 kx = x;
        uint256 ky = y;
        for (uint256 i = 0; i < 3; ++i) (kx, ky, z) = _double(kx, ky, z);
        // On the curve, x = 0 means (0, 1) or (0, -1). The latter has order 2, so as 8·key it would make the key's order 16,
        // which does not divide 8·l.
        if (kx == 0) revert KeyOfSmallOrder(x, y);
    }

    /// @dev Doubling in projective coordinates (Bernstein, Birkner, Joye, Lange, Peters 2008, "dbl-2008-bbjlp").
    function _double(uint256 x, uint256 y, uint256 z) private pure returns (uint256, uint256, uint256) {
        uint256 b = addmod(x, y, FIELD);
        b = mulmod(b, b, FIELD);
        uint256 c = mulmod(x, x, FIELD);
        uint256 d = mulmod(y, y, FIELD);
        uint256 e = mulmod(A, c, FIELD);
        uint256 f = addmod(e, d, FIELD);
        uint256 j = addmod(f, FIELD - mulmod(2, mulmod(z, z, FIELD), FIELD), FIELD);
        return (
            mulmod(addmod(b, FIELD - addmod(c, d, FIELD), FIELD), j, FIELD),
            mulmod(f, addmod(e, FIELD - d, FIELD), FIELD),
            mulmod(f, j, FIELD)
        );
    }
}
