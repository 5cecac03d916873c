// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title Math
 * @notice Computes the results of OpenZeppelin's library of this name in a form that SMTChecker can read: the original
 *         uses assembly and bit masks. Products must stay below 2^256, which the checker proves of every call;
 *         `MathModel.t.sol` compares the two.
 */
library Math {
    enum Rounding {
        Floor,
        Ceil
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function saturatingSub(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function ceilDiv(uint256 a, uint256 b) internal pure returns (uint256) {
        return a == 0 ? 0 : (a - 1) / b + 1;
    }

    function mulDiv(uint256 x, uint256 y, uint256 denominator) internal pure returns (uint256) {
        return (x * y) / denominator;
    }

    function mulDiv(uint256 x, uint256 y, uint256 denominator, Rounding rounding) internal pure returns (uint256) {
        uint256 floor = (x * y) / denominator;
        return rounding == Rounding.Ceil && (x * y) % denominator > 0 ? floor + 1 : floor;
    }
}
