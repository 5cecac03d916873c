// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { CircuitSizes } from "../../../contracts/libraries/CircuitSizes.sol";
import { Test } from "../helpers/Test.sol";

/// @notice Sets of keys whose circuits do not fit each other. (Verifiers: `Sequence.t.sol`.)
contract CircuitSizesTest is Test {
    function test_keysOfThisBuildFit() public pure {
        CircuitSizes.requireOneProfile();
    }

    function test_bothProfilesFit() public view {
        this.requireFit([uint256(5), 1, 5, 1, 4, 5]);
        this.requireFit([uint256(16), 2, 16, 2, 16, 16]);
    }

    function test_mismatchedKeySetIsRefused() public {
        expectMismatch([uint256(5), 1, 16, 1, 4, 5], "migration.DEPTH", 16, 5);
        expectMismatch([uint256(5), 1, 5, 2, 4, 5], "migration.LEVELS", 2, 1);
        expectMismatch([uint256(5), 1, 5, 1, 16, 5], "migration.MIGRANTS", 16, 4);
        expectMismatch([uint256(5), 1, 5, 1, 4, 16], "escape.DEPTH", 16, 5);
        expectMismatch([uint256(16), 1, 5, 1, 4, 5], "migration.DEPTH", 5, 16);
    }

    function test_mergeCircuitOfOtherTreesIsRefused() public {
        this.requireMergeFit(8, 4);
        expectMergeMismatch(7, 4, "merge.TICKET_BITS", 7, 8);
        expectMergeMismatch(8, 5, "merge.TREE_BITS", 5, 4);
    }

    function requireMergeFit(uint256 ticketBits, uint256 treeBits) external pure {
        CircuitSizes.requireMergeFit(ticketBits, treeBits);
    }

    function expectMergeMismatch(
        uint256 ticketBits,
        uint256 treeBits,
        string memory name,
        uint256 size,
        uint256 expected
    ) private {
        vm.expectRevert(abi.encodeWithSelector(CircuitSizes.CircuitSizeMismatch.selector, name, size, expected));
        this.requireMergeFit(ticketBits, treeBits);
    }

    /// @dev Calls with a memory array: the library's function is internal.
    function requireFit(uint256[6] memory sizes) external pure {
        CircuitSizes.requireFit(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]);
    }

    function expectMismatch(uint256[6] memory sizes, string memory name, uint256 size, uint256 expected) private {
        vm.expectRevert(abi.encodeWithSelector(CircuitSizes.CircuitSizeMismatch.selector, name, size, expected));
        this.requireFit(sizes);
    }
}
