// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { BatchSize } from "../../../contracts/libraries/BatchSize.sol";
import { Test } from "../helpers/Test.sol";

contract BatchSizeTest is Test {
    uint256 private constant PUBLIC_TRANSACTION = 128 * 1024;

    /// @dev Fields of a transaction of type 2 with its signature, beside its calldata: the lengths, chain id, nonce,
    ///      two prices, gas, address, value, empty access list, v, r and s, each as long as it can be.
    uint256 private constant ENVELOPE = 1 + 9 + 9 + 9 + 3 * 33 + 9 + 21 + 33 + 1 + 5 + 1 + 33 + 33;

    function test_profiles() public pure {
        assertEq(BatchSize.maxLeaves(2), 128, "bounded by gas");
        assertEq(BatchSize.maxLeaves(4), 120, "development: bounded by bytes");
        assertEq(BatchSize.maxLeaves(16), 43, "production: bounded by bytes");
    }

    /// @dev The answer to a false commitment of the largest batch is a transaction that nodes pass on. The rest of it
    ///      has 1024 bytes, of which 811 are used. That costs a leaf at most: in production 44 would fit, with 21 bytes
    ///      to spare.
    function test_answerFitsAPublicTransaction() public pure {
        assertEq(answerBytes(0, 16), 811, "beside the leaves");
        assertEq(answerBytes(44, 16), PUBLIC_TRANSACTION - 21);
        for (uint256 slots = 1; slots <= 64; slots *= 2) {
            uint256 most = BatchSize.maxLeaves(slots);
            assertLe(answerBytes(most, slots), PUBLIC_TRANSACTION);
            if (most < 128) assertGt(answerBytes(most + 2, slots), PUBLIC_TRANSACTION);
        }
    }

    function answerBytes(uint256 leaves, uint256 slots) private pure returns (uint256) {
        IProofOfEfficiency.BatchProof[] memory proofs = new IProofOfEfficiency.BatchProof[](1);
        proofs[0].leaves = new IProofOfEfficiency.LeafProof[](leaves);
        proofs[0].data = new bytes(leaves * slots * 93);
        proofs[0].exits = new uint256[](2 * leaves * slots);
        return abi.encodeCall(IProofOfEfficiency.verify, (1, proofs)).length + ENVELOPE;
    }
}
