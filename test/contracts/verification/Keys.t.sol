// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    ESCAPE_CIRCUIT,
    LEAF_CIRCUIT,
    MERGE_CIRCUIT,
    MIGRATION_CIRCUIT
} from "../../../contracts/verification/circuitIds.sol";
import { EnforcementVerifier } from "../../../contracts/verification/EnforcementVerifier.sol";
import { LeafVerifier } from "../../../contracts/verification/LeafVerifier.sol";
import { RollupVerifier } from "../../../contracts/verification/RollupVerifier.sol";
import { EscapeVerifyingKey } from "../../../contracts/verification/keys/EscapeVerifyingKey.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../../../contracts/verification/keys/MergeVerifyingKey.sol";
import { MigrationVerifyingKey } from "../../../contracts/verification/keys/MigrationVerifyingKey.sol";
import { Test } from "../helpers/Test.sol";

contract ShownLeafVerifier is LeafVerifier {
    function keysOf() external pure returns (bytes[] memory) {
        return _verifyingKeys();
    }
}

contract ShownRollupVerifier is RollupVerifier {
    function keysOf() external pure returns (bytes[] memory) {
        return _verifyingKeys();
    }
}

contract ShownEnforcementVerifier is EnforcementVerifier {
    function keysOf() external pure returns (bytes[] memory) {
        return _verifyingKeys();
    }
}

/// @notice Which keys the verifiers have, and under which circuit's id.
contract KeysTest is Test {
    function test_leaf() public {
        bytes[] memory keys = new ShownLeafVerifier().keysOf();
        assertEq(keys.length, 1);
        assertEq(keys[LEAF_CIRCUIT], LeafVerifyingKey.POINTS);
    }

    function test_rollup() public {
        ShownRollupVerifier verifier = new ShownRollupVerifier();
        bytes[] memory keys = verifier.keysOf();
        assertEq(keys.length, 2);
        assertEq(keys[LEAF_CIRCUIT], LeafVerifyingKey.POINTS);
        assertEq(keys[MERGE_CIRCUIT], MergeVerifyingKey.POINTS);
        assertEq(verifier.SLOTS(), LeafVerifyingKey.SLOTS);
        assertEq(verifier.DEPTH(), LeafVerifyingKey.DEPTH);
        assertEq(verifier.LEVELS(), LeafVerifyingKey.LEVELS);
    }

    function test_enforcement() public {
        ShownEnforcementVerifier verifier = new ShownEnforcementVerifier();
        bytes[] memory keys = verifier.keysOf();
        assertEq(keys.length, 2);
        assertEq(keys[ESCAPE_CIRCUIT], EscapeVerifyingKey.POINTS);
        assertEq(keys[MIGRATION_CIRCUIT], MigrationVerifyingKey.POINTS);
        assertEq(verifier.DEPTH(), MigrationVerifyingKey.DEPTH);
        assertEq(verifier.LEVELS(), MigrationVerifyingKey.LEVELS);
    }
}
