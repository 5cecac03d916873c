// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { IJointProofs } from "../../../contracts/verification/IJointProofs.sol";
import { HonkRoot } from "../../../contracts/verification/joint/HonkRoot.sol";
import { IHonkVerifier } from "../../../contracts/verification/joint/IHonkVerifier.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";
import { StatementModel } from "./StatementModel.sol";

/// @notice Uses all gas that it gets.
contract EndlessHonk is IHonkVerifier {
    /// @inheritdoc IHonkVerifier
    function verify(bytes calldata, bytes32[] calldata) external pure returns (bool) {
        while (true) {}
        return true;
    }
}

/// @notice Tests of a verifier of joint proofs that do not depend on what they prove: `HonkRoot`.
abstract contract HonkTest is Test, StatementModel {
    uint256 internal constant SLOTS = LeafVerifyingKey.SLOTS;
    uint256 internal constant NODE_KEY_HASH = 0x1234567890abcdef;

    // ─── To be said by each test ─────────────────────────────────────────────────────────────────────────────────────

    /// @dev Name of the verifier.
    function name() internal pure virtual returns (string memory);

    /// @dev The verifier under test, and its verifier of proofs.
    function verifiers() internal view virtual returns (address joint, address honk);

    /// @dev A proof of the example, which the model of the verifier of proofs accepts from now on.
    function proveExample() internal virtual returns (bytes memory proof);

    /// @dev Asks a verifier about the example, in one call.
    function ask(address joint, bytes memory proof, uint256 gas) internal view virtual;

    // ─── Deployment ──────────────────────────────────────────────────────────────────────────────────────────────────

    function test_saysWhatItTrusts() public {
        (address joint, address honk) = verifiers();
        assertEq(address(HonkRoot(joint).HONK()), honk);
        assertEq(HonkRoot(joint).NODE_KEY_HASH(), NODE_KEY_HASH);
        assertTrue(HonkRoot(joint).JOINT_IS_DEVELOPMENT());
        assertFalse(HonkRoot(this.create(abi.encode(honk, NODE_KEY_HASH, false))).JOINT_IS_DEVELOPMENT());
    }

    function test_deploymentNeedsAVerifierOfProofs() public {
        bytes memory arguments = abi.encode(makeAddr("nobody"), NODE_KEY_HASH, true);
        vm.expectRevert(IJointProofs.NoJointProofs.selector);
        this.create(arguments);
    }

    /// @dev No key has such a hash, and no joint proof would ever be accepted.
    function test_deploymentNeedsAHashInTheField() public {
        (, address honk) = verifiers();
        uint256[3] memory hashes = [0, P, type(uint256).max];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory arguments = abi.encode(honk, hashes[i], true);
            vm.expectRevert(abi.encodeWithSelector(HonkRoot.InvalidNodeKeyHash.selector, hashes[i]));
            this.create(arguments);
        }
        this.create(abi.encode(honk, P - 1, true));
    }

    // ─── Proofs ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_proofHasARoot() public {
        (address joint, ) = verifiers();
        for (uint256 length = 0; length < 32; ++length) {
            vm.expectRevert(abi.encodeWithSelector(IJointProofs.TruncatedJointProof.selector, length, uint256(32)));
            ask(joint, new bytes(length), gasleft());
        }
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        ask(joint, new bytes(32), gasleft());
    }

    function test_everyBitOfTheRootCounts() public {
        (address joint, ) = verifiers();
        bytes memory proof = proveExample();
        for (uint256 bit = 0; bit < 256; bit += 15) {
            bytes memory altered = bytes.concat(proof);
            altered[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
            vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
            ask(joint, altered, gasleft());
        }
        ask(joint, proof, gasleft());
    }

    function test_proofOfAnotherProgramIsRejected() public {
        (address joint, address honk) = verifiers();
        bytes memory proof = proveExample();
        address other = this.create(abi.encode(honk, NODE_KEY_HASH + 1, true));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        ask(other, proof, gasleft());
        ask(joint, proof, gasleft());
    }

    function test_answerIsTrueOrTheProofIsRejected() public {
        (address joint, address honk) = verifiers();
        bytes memory proof = proveExample();
        bytes memory any = abi.encodeWithSelector(IHonkVerifier.verify.selector);
        vm.mockCall(honk, any, abi.encode(false));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        ask(joint, proof, gasleft());
        vm.mockCallRevert(honk, any, abi.encodeWithSignature("SumcheckFailed()"));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        ask(joint, proof, gasleft());
        vm.mockCallRevert(honk, any, "");
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        ask(joint, proof, gasleft());
        // No bool at all: the call of the verifier fails without a reason.
        vm.mockCall(honk, any, "");
        vm.expectRevert(bytes(""));
        ask(joint, proof, gasleft());
        vm.mockCall(honk, any, abi.encode(uint256(2)));
        vm.expectRevert(bytes(""));
        ask(joint, proof, gasleft());
        vm.clearMockedCalls();
        ask(joint, proof, gasleft());
    }

    function test_proofThatUsesAllGasIsRejected() public {
        address endless = this.create(abi.encode(new EndlessHonk(), NODE_KEY_HASH, true));
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        ask(endless, new bytes(64), 4_000_000);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev External, so that `vm.expectRevert` sees the failure of a constructor.
    function create(bytes calldata arguments) external returns (address) {
        return Deploy.create(string.concat(name(), ".sol:", name()), arguments);
    }

    function before(bytes memory data, uint256 end) internal pure returns (bytes memory) {
        return part(data, 0, end);
    }

    function behind(bytes memory data, uint256 start) internal pure returns (bytes memory) {
        return part(data, start, data.length);
    }

    function part(bytes memory data, uint256 start, uint256 end) private pure returns (bytes memory cut) {
        cut = new bytes(end - start);
        for (uint256 i = start; i < end; ++i) cut[i - start] = data[i];
    }
}
