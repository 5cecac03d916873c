// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { DataCommitment } from "../../../contracts/libraries/DataCommitment.sol";
import { DataCommitmentHarness } from "../../../contracts/mocks/DataCommitmentHarness.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { Test } from "../helpers/Test.sol";

contract DataCommitmentTest is Test {
    uint256 private constant P = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant LEAF_BYTES = LeafVerifyingKey.SLOTS * 93;

    DataCommitmentHarness private harness;

    function setUp() public {
        harness = new DataCommitmentHarness();
    }

    // --- leafCount ---------------------------------------------------------------------------------------------------

    function test_leafCount() public view {
        assertEq(DataCommitment.LEAF_BYTES, LEAF_BYTES);
        assertEq(harness.leafCount(0), 1);
        assertEq(harness.leafCount(1), 1);
        assertEq(harness.leafCount(LEAF_BYTES), 1);
        assertEq(harness.leafCount(LEAF_BYTES + 1), 2);
        assertEq(harness.leafCount(2 * LEAF_BYTES), 2);
        assertEq(harness.leafCount(2 * LEAF_BYTES + 1), 3);
    }

    // --- challenge ---------------------------------------------------------------------------------------------------

    function testFuzz_challenge(bytes32 dataHash, uint256[] memory commitments) public view {
        bytes memory packed = bytes.concat(dataHash);
        for (uint256 i = 0; i < commitments.length; ++i) packed = bytes.concat(packed, bytes32(commitments[i]));
        assertEq(harness.challenge(dataHash, commitments), uint256(keccak256(packed)) % P);
    }

    // --- evaluate ----------------------------------------------------------------------------------------------------

    function testFuzz_evaluate(bytes memory data, uint256 z) public view {
        assertEq(harness.evaluate(data, z % P), _naive(data, z % P));
    }

    /// @dev The fuzzer's own bytes are short; these have any length up to a bit over three leaves.
    function testFuzz_evaluate_length(uint256 seed, uint256 length, uint256 z) public view {
        bytes memory data = _bytes(seed, bound(length, 0, 3 * LEAF_BYTES + 40));
        assertEq(harness.evaluate(data, z % P), _naive(data, z % P));
    }

    function test_evaluate_boundaries() public view {
        uint256 z = P - 2;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 length = [0, 31, 93, LEAF_BYTES, 2 * LEAF_BYTES][i];
            assertEq(harness.evaluate(_ones(length), z), _naive(_ones(length), z));
            assertEq(harness.evaluate(_ones(length + 1), z), _naive(_ones(length + 1), z));
            if (length == 0) continue;
            assertEq(harness.evaluate(_ones(length - 1), z), _naive(_ones(length - 1), z));
        }
    }

    function test_evaluate_knownValues() public view {
        bytes memory two = bytes.concat(bytes31(uint248(5)), bytes31(uint248(7)));
        assertEq(harness.evaluate("", 3), _array(0));
        assertEq(harness.evaluate(two, 0), _array(5));
        assertEq(harness.evaluate(two, 1), _array(12));
        assertEq(harness.evaluate(two, 10), _array(75));
        assertEq(harness.evaluate(hex"01", 3), _array(1 << 240));
        assertEq(harness.evaluate(two, P - 1), _array(P - 2));
    }

    /// @dev Bytes that follow the data in calldata are not data.
    function testFuzz_evaluate_ignoresWhatFollows(uint256 seed, uint256 length, uint256 z) public view {
        length = bound(length, 0, 2 * LEAF_BYTES);
        bytes memory longer = _bytes(seed, length + 64);
        bytes memory data = _bytes(seed, length);
        assertEq(harness.evaluateFollowed(longer, length, z % P), _naive(data, z % P));
    }

    /// @dev The padding is virtual: zeros at the end change nothing as long as the number of leaves is the same.
    function testFuzz_evaluate_padding(uint256 seed, uint256 length, uint256 z) public view {
        length = bound(length, 1, 2 * LEAF_BYTES);
        bytes memory data = _bytes(seed, length);
        bytes memory padded = bytes.concat(data, new bytes(harness.leafCount(length) * LEAF_BYTES - length));
        assertEq(harness.evaluate(padded, z % P), harness.evaluate(data, z % P));
    }

    // --- Model -------------------------------------------------------------------------------------------------------

    /// @dev Pads in memory, cuts chunks byte by byte and raises z to each power.
    function _naive(bytes memory data, uint256 z) private pure returns (uint256[] memory y) {
        uint256 leaves = data.length == 0 ? 1 : (data.length - 1) / LEAF_BYTES + 1;
        bytes memory padded = bytes.concat(data, new bytes(leaves * LEAF_BYTES - data.length));
        y = new uint256[](leaves);
        for (uint256 leaf = 0; leaf < leaves; ++leaf) {
            uint256 power = 1;
            for (uint256 i = 0; i < LEAF_BYTES / 31; ++i) {
                uint256 chunk = 0;
                for (uint256 k = 0; k < 31; ++k) {
                    chunk = chunk * 256 + uint8(padded[leaf * LEAF_BYTES + i * 31 + k]);
                }
                y[leaf] = addmod(y[leaf], mulmod(chunk, power, P), P);
                power = mulmod(power, z, P);
            }
        }
    }

    function _bytes(uint256 seed, uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) data[i] = keccak256(abi.encode(seed, i / 32))[i % 32];
    }

    function _ones(uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) data[i] = 0xff;
    }

    function _array(uint256 value) private pure returns (uint256[] memory array) {
        array = new uint256[](1);
        array[0] = value;
    }
}
