// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { MERGE_CIRCUIT } from "../../../contracts/verification/circuitIds.sol";
import { BN254 } from "../../../contracts/verification/batch/BN254.sol";
import { VerifyingKey } from "../../../contracts/verification/batch/VerifyingKey.sol";
import { PowersVerifyingKey } from "../../../contracts/verification/batch/example/keys/PowersVerifyingKey.sol";
import { ProductVerifyingKey } from "../../../contracts/verification/batch/example/keys/ProductVerifyingKey.sol";
import { TestVerifier } from "../../../contracts/mocks/TestVerifier.sol";
import { BatchVerifier } from "../../../contracts/verification/batch/BatchVerifier.sol";
import { LeafVerifier } from "../../../contracts/verification/LeafVerifier.sol";
import { RollupVerifier } from "../../../contracts/verification/RollupVerifier.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../../../contracts/verification/keys/MergeVerifyingKey.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";
import { G1, G2 } from "./Generators.sol";

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

contract VerifierOfWrongFirstIc is VerifierOfWrongPoint {
    function _altered() internal pure override returns (uint256) {
        return 16 * 32 - 1;
    }
}

/// @dev One key, for two inputs, with which anything can be proven: all its points are the generators. With the same B,
///      a proof has to fulfil A = α + vkₓ + C.
contract VerifierOfKnownSecrets is BatchVerifier {
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](1);
        keys[0] = key();
    }

    function key() public pure returns (bytes memory) {
        return bytes.concat(G1, G2, G2, G2, G1, G1, G1);
    }
}

/// @notice Tests that need no proof of a circuit. Tests with proofs are in test/verification/batchVerifier.test.ts.
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
            // A wrong point takes all gas that is given.
            verifiers[i].verify{ gas: 10_000_000 }(statement);
        }
        // With the right key the statement gets as far as the pairing, which refuses it.
        TestVerifier right = new TestVerifier();
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        right.verify(statement);
    }

    /// @dev Points that follow and are right do not make up for it.
    function test_verify_refusesAWrongFirstPointOfTheKey() public {
        VerifierOfWrongFirstIc verifier = new VerifierOfWrongFirstIc();
        vm.expectRevert(IBatchVerifier.InvalidKeyPoint.selector);
        // Two precompiles leave a 64th each.
        verifier.verify{ gas: 150_000_000 }(_statement());
    }

    /// @dev Of circuit 0: a proof whose points are in their groups, and prove nothing.
    function _statement() private pure returns (bytes memory) {
        bytes memory key = ProductVerifyingKey.POINTS;
        bytes memory beta = new bytes(0x80);
        for (uint256 i = 0; i < beta.length; ++i) beta[i] = key[0x40 + i];
        bytes memory inputs = new bytes((key.icCount() - 1) * 0x20);
        return bytes.concat(abi.encode(0, 1, 2), beta, abi.encode(1, 2), inputs);
    }

    // --- A single key, as `LeafVerifier` has it ----------------------------------------------------------------------

    /// @dev An input may be zero, and so may all of them.
    function testFuzz_verify_withOneKey(uint256 x, uint256 c) public {
        VerifierOfKnownSecrets verifier = new VerifierOfKnownSecrets();
        x %= BN254.SCALAR_FIELD;
        c %= BN254.SCALAR_FIELD;
        uint256[2][4] memory inputs = [[uint256(0), 0], [0, x], [x, 0], [x, c]];
        bytes memory all;
        for (uint256 i = 0; i < inputs.length; ++i) {
            bytes memory statement = _proven(inputs[i], c);
            verifier.verify(statement);
            all = bytes.concat(all, statement);
        }
        verifier.verify(all);

        bytes memory wrong = _proven([uint256(0), 0], c);
        wrong[wrong.length - 1] = 0x01;
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verify(wrong);
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verify(bytes.concat(all, wrong));
    }

    /// @dev Errors cancel out in a sum with factors that are equal, or that are known before the statements are.
    function test_verify_errorsDoNotCancelOut() public {
        VerifierOfKnownSecrets verifier = new VerifierOfKnownSecrets();
        uint256 minusOne = BN254.SCALAR_FIELD - 1;
        bytes memory right = _proven([uint256(3), 4], 5);
        bytes memory all = bytes.concat(right, _false(1), _false(minusOne));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verify(all);

        bytes32 transcript = keccak256(abi.encode(0, keccak256(verifier.key())));
        uint256 factor = uint128(uint256(keccak256(abi.encode(transcript, 1))));
        all = bytes.concat(_false(factor), _false(minusOne));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        verifier.verify(all);
    }

    /// @return A statement whose C is c·G1.
    function _proven(uint256[2] memory inputs, uint256 c) private view returns (bytes memory) {
        return _claimed(inputs, c, 0);
    }

    /// @return A statement of which the two sides differ by `offset`.
    function _false(uint256 offset) private view returns (bytes memory) {
        return _claimed([uint256(6), 7], 8, offset);
    }

    function _claimed(uint256[2] memory inputs, uint256 c, uint256 offset) private view returns (bytes memory) {
        uint256 p = BN254.SCALAR_FIELD;
        uint256 a = addmod(addmod(2, c, p), addmod(inputs[0], inputs[1], p), p);
        return bytes.concat(abi.encode(0), _multiple(addmod(a, offset, p)), G2, _multiple(c), abi.encode(inputs));
    }

    function _multiple(uint256 scalar) private view returns (bytes memory point) {
        (, point) = address(0x07).staticcall(bytes.concat(G1, abi.encode(scalar)));
    }

    // --- Number of words ---------------------------------------------------------------------------------------------

    /// @dev A verifier that condenses nothing has no statements with more words than its circuit has inputs.
    function test_verify_refusesFurtherWords() public {
        VerifierOfKnownSecrets verifier = new VerifierOfKnownSecrets();
        bytes memory statement = _proven([uint256(3), 4], 5);
        statement[0x1e] = 0x01;
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.UnknownCircuit.selector, 0, 256));
        verifier.verify(bytes.concat(statement, new bytes(32)));
        statement = bytes.concat(_proven([uint256(3), 4], 5), statement);
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.UnknownCircuit.selector, 1, 256));
        verifier.verify(statement);
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
        assertEq(LeafVerifyingKey.PUBLIC_SIGNALS, 3, "docs/protocol.md, section 6.1");
        assertEq(LeafVerifyingKey.STATEMENT_WORDS, 13, "docs/protocol.md, section 6");
        LeafVerifier verifier = LeafVerifier(Deploy.create("LeafVerifier.sol:LeafVerifier", ""));
        assertEq(verifier.IS_DEVELOPMENT(), LeafVerifyingKey.IS_DEVELOPMENT);
        assertEq(verifier.SLOTS(), LeafVerifyingKey.SLOTS);
        assertEq(verifier.DEPTH(), LeafVerifyingKey.DEPTH);
        assertEq(verifier.LEVELS(), LeafVerifyingKey.LEVELS);
    }

    function test_rollupKeys() public {
        RollupVerifier verifier = RollupVerifier(Deploy.create("RollupVerifier.sol:RollupVerifier", ""));
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
