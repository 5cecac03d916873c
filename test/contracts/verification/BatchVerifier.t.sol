// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier, MERGE_CIRCUIT } from "../../../contracts/interfaces/IBatchVerifier.sol";
import { VerifyingKey } from "../../../contracts/libraries/VerifyingKey.sol";
import { PowersVerifyingKey } from "../../../contracts/mocks/keys/PowersVerifyingKey.sol";
import { ProductVerifyingKey } from "../../../contracts/mocks/keys/ProductVerifyingKey.sol";
import { TestVerifier } from "../../../contracts/mocks/TestVerifier.sol";
import { BatchVerifier } from "../../../contracts/verification/BatchVerifier.sol";
import { LeafVerifier } from "../../../contracts/verification/LeafVerifier.sol";
import { RollupVerifier } from "../../../contracts/verification/RollupVerifier.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../../../contracts/verification/keys/MergeVerifyingKey.sol";
import { Test } from "../helpers/Test.sol";

/// @dev Two keys, the second with one byte altered.
abstract contract VerifierOfAlteredKey is BatchVerifier {
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](2);
        keys[0] = ProductVerifyingKey.POINTS;
        keys[1] = PowersVerifyingKey.POINTS;
        keys[1][_altered()] ^= 0x01;
    }

    function _altered() internal pure virtual returns (uint256);
}

contract VerifierOfAlteredAlpha is VerifierOfAlteredKey {
    function _altered() internal pure override returns (uint256) {
        return 0;
    }
}

contract VerifierOfAlteredGamma is VerifierOfAlteredKey {
    function _altered() internal pure override returns (uint256) {
        return 10 * 32 - 1;
    }
}

contract VerifierOfAlteredDelta is VerifierOfAlteredKey {
    function _altered() internal pure override returns (uint256) {
        return 10 * 32;
    }
}

/// @dev Takes statements of its one circuit, whose key has a point off the curve.
abstract contract VerifierOfWrongPoint is BatchVerifier {
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](1);
        keys[0] = ProductVerifyingKey.POINTS;
        keys[0][_altered()] ^= 0x01;
    }

    function _altered() internal pure virtual returns (uint256);
}

contract VerifierOfWrongAlpha is VerifierOfWrongPoint {
    function _altered() internal pure override returns (uint256) {
        return 2 * 32 - 1;
    }
}

contract VerifierOfWrongIc is VerifierOfWrongPoint {
    function _altered() internal pure override returns (uint256) {
        return ProductVerifyingKey.POINTS.length - 1;
    }
}

/// @notice What needs no proof. Proofs are in test/verification/batchVerifier.test.ts.
contract BatchVerifierTest is Test {
    using VerifyingKey for bytes;

    // --- Construction: all keys are of one phase 1 -------------------------------------------------------------------

    function test_constructor_refusesAnotherPhase1() public {
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.KeyOfAnotherSetup.selector, 1));
        new VerifierOfAlteredAlpha();
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.KeyOfAnotherSetup.selector, 1));
        new VerifierOfAlteredGamma();
    }

    function test_constructor_takesAnotherPhase2() public {
        new VerifierOfAlteredDelta();
    }

    // --- Keys whose points are wrong ---------------------------------------------------------------------------------

    function test_verify_refusesWrongPointsOfTheKey() public {
        bytes memory statement = _statement();
        IBatchVerifier[2] memory verifiers = [
            IBatchVerifier(new VerifierOfWrongAlpha()),
            IBatchVerifier(new VerifierOfWrongIc())
        ];
        for (uint256 i = 0; i < verifiers.length; ++i) {
            vm.expectRevert(IBatchVerifier.InvalidKeyPoint.selector);
            verifiers[i].verify(statement);
        }
        // With the right key the statement gets as far as the pairing, which refuses it.
        TestVerifier right = new TestVerifier();
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        right.verify(statement);
    }

    /// @dev Of circuit 0: a proof whose points are in their groups, and prove nothing.
    function _statement() private pure returns (bytes memory) {
        bytes memory key = ProductVerifyingKey.POINTS;
        bytes memory beta = new bytes(0x80);
        for (uint256 i = 0; i < beta.length; ++i) beta[i] = key[0x40 + i];
        bytes memory inputs = new bytes((key.icCount() - 1) * 0x20);
        return bytes.concat(abi.encode(0, 1, 2), beta, abi.encode(1, 2), inputs);
    }

    // --- Keys --------------------------------------------------------------------------------------------------------

    function test_verifyingKey_views() public pure {
        bytes memory key = bytes.concat(
            abi.encode(1, 2), // alpha
            abi.encode(3, 4, 5, 6), // beta
            abi.encode(7, 8, 9, 10), // gamma
            abi.encode(11, 12, 13, 14), // delta
            abi.encode(15, 16, 17, 18) // ic
        );
        assertEq(key.icCount(), 2);
        assertEq(_words(key.alpha()), abi.encode(1, 2, 3, 4));
        assertEq(_words(key.beta()), abi.encode(3, 4, 5, 6));
        assertEq(_words(key.gamma()), abi.encode(7, 8, 9, 10));
        assertEq(_words(key.delta()), abi.encode(11, 12, 13, 14));
        assertEq(_words(key.ic()), abi.encode(15, 16, 17, 18));
        assertEq(key.phase1Hash(), keccak256(abi.encode(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)));
    }

    function test_leafKey() public {
        bytes memory key = LeafVerifyingKey.POINTS;
        assertEq(key.icCount(), LeafVerifyingKey.PUBLIC_SIGNALS + 1);
        assertEq(LeafVerifyingKey.PUBLIC_SIGNALS, 13, "docs/protocol.md, section 6");
        LeafVerifier verifier = new LeafVerifier();
        assertEq(verifier.IS_DEVELOPMENT(), LeafVerifyingKey.IS_DEVELOPMENT);
        assertEq(verifier.SLOTS(), LeafVerifyingKey.SLOTS);
        assertEq(verifier.DEPTH(), LeafVerifyingKey.DEPTH);
        assertEq(verifier.LEVELS(), LeafVerifyingKey.LEVELS);
    }

    function test_rollupKeys() public {
        RollupVerifier verifier = new RollupVerifier();
        assertEq(verifier.IS_DEVELOPMENT(), LeafVerifyingKey.IS_DEVELOPMENT || MergeVerifyingKey.IS_DEVELOPMENT);
        assertEq(verifier.SLOTS(), LeafVerifyingKey.SLOTS);
        assertEq(verifier.DEPTH(), LeafVerifyingKey.DEPTH);
        assertEq(verifier.LEVELS(), LeafVerifyingKey.LEVELS);
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.UnknownCircuit.selector, 0, MERGE_CIRCUIT + 1));
        verifier.verify(bytes.concat(abi.encode(MERGE_CIRCUIT + 1), new bytes(0x400)));
    }

    function _words(uint256 position) private pure returns (bytes memory) {
        uint256[4] memory words;
        assembly ("memory-safe") {
            mcopy(words, position, 0x80)
        }
        return abi.encode(words);
    }
}
