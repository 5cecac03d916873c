// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import { ICoreDeployer } from "../../../contracts/interfaces/ICoreDeployer.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { CircuitSizes } from "../../../contracts/libraries/CircuitSizes.sol";
import { MockEnforcementVerifier } from "../../../contracts/mocks/MockEnforcementVerifier.sol";
import { Rollup } from "../../../contracts/rollup/Rollup.sol";
import { MockVerifier } from "../../../contracts/mocks/MockVerifier.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { CoreCode } from "../helpers/CoreCode.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { PoeModel } from "./PoeModel.sol";

/// @notice A consensus deploys its own core, once, of the code that it was deployed for (docs/adr/0042).
contract CoreDeploymentTest is PoeModel {
    address private alice = makeAddr("alice");
    IRollup.CoreParameters private core;

    function setUp() public {
        vm.warp(START);
        token = Deploy.nativeToken(1_000_000_000 ether, address(this));
        verifier = new MockVerifier();
        core = coreParameters();
        poe = Deploy.proofOfEfficiency(core, parameters(ISelector(address(0))), CoreCode.hash());
    }

    function test_nothingIsSequencedBeforeTheCoreIsThere() public {
        fund(alice, 1_000_000 ether);
        assertEq(address(poe.ROLLUP()).code.length, 0);
        IProofOfEfficiency.BatchInput[] memory batches = one(inputOf(93, 1));
        vm.expectRevert(ICoreDeployer.CoreMissing.selector);
        vm.prank(alice, alice);
        poe.sequence(batches, type(uint256).max, 0);
        CoreCode.deploy(poe, core);
        vm.prank(alice, alice);
        poe.sequence(batches, type(uint256).max, 0);
        assertEq(poe.sequencedBatches(), 1);
    }

    function test_anyoneDeploysTheCore() public {
        bytes memory initCode = CoreCode.initCode(core);
        vm.warp(START + 1 days);
        vm.expectEmit(address(poe));
        emit ICoreDeployer.CoreDeployed(poe.ROLLUP());
        vm.prank(alice);
        poe.deployCore(initCode);
        Rollup deployed = Rollup(address(poe.ROLLUP()));
        assertEq(deployed.CONSENSUS(), address(poe));
        assertEq(deployed.SLOTS(), LeafVerifyingKey.SLOTS);
        assertEq(deployed.stateRoot(), LeafVerifyingKey.GENESIS_STATE_ROOT);
        assertEq(deployed.ESCAPE_DELAY(), core.escapeDelay);
        (bytes27 accumulator, uint256 time) = poe.batchEntry(0);
        assertEq(bytes32(accumulator), bytes32(bytes27(keccak256(abi.encode(deployed.DOMAIN())))));
        assertEq(time, START + 1 days);
    }

    /// @dev So a stranger who deploys the core first does not make the deployer's own call fail.
    function test_secondDeploymentOfTheCoreDoesNothing() public {
        bytes memory initCode = CoreCode.initCode(core);
        vm.prank(alice);
        poe.deployCore(initCode);
        fund(alice, 1_000_000 ether);
        vm.prank(alice, alice);
        poe.sequence(one(inputOf(93, 1)), type(uint256).max, 0);
        (bytes27 accumulator, ) = poe.batchEntry(0);
        uint64 created = vm.getNonce(address(poe));

        vm.warp(START + 1 days);
        vm.recordLogs();
        poe.deployCore(initCode);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(vm.getNonce(address(poe)), created);
        (bytes27 after_, uint256 time) = poe.batchEntry(0);
        assertEq(bytes32(after_), bytes32(accumulator));
        assertEq(time, START);
        assertEq(poe.sequencedBatches(), 1);
        expectRefused(hex"00", argumentsOf(core));
    }

    function test_otherCodeIsRefused() public {
        bytes memory arguments = argumentsOf(core);
        expectRefused(hex"00", arguments);
        expectRefused(bytes.concat(CoreCode.code(), hex"00"), arguments);
        bytes memory changed = CoreCode.code();
        changed[changed.length - 1] ^= 0x01;
        expectRefused(changed, arguments);
        // Too short for arguments: all of it is taken for arguments.
        expectRefused("", "");
        bytes memory initCode = hex"00";
        bytes32 given = Hashes.efficientKeccak256(keccak256(""), keccak256(initCode));
        vm.expectRevert(abi.encodeWithSelector(ICoreDeployer.WrongCoreCode.selector, given, poe.CORE_HASH()));
        poe.deployCore(initCode);
    }

    function test_otherArgumentsAreRefused() public {
        for (uint256 word = 0; word < 8; ++word) {
            bytes memory arguments = argumentsOf(core);
            arguments[32 * word + 31] ^= 0x01;
            expectRefused(CoreCode.code(), arguments);
        }
        CoreCode.deploy(poe, core);
    }

    /// @dev Nothing is used up by an attempt that fails.
    function test_coreThatRefusesTellsWhy() public {
        MockEnforcementVerifier enforcement = MockEnforcementVerifier(core.enforcementVerifier);
        (uint256 depth, uint256 levels) = (enforcement.DEPTH(), enforcement.LEVELS());
        enforcement.setSizes(16, levels);
        bytes memory initCode = CoreCode.initCode(core);
        vm.expectRevert(
            abi.encodeWithSelector(CircuitSizes.CircuitSizeMismatch.selector, "enforcement.DEPTH", uint256(16), depth)
        );
        poe.deployCore(initCode);
        enforcement.setSizes(depth, levels);
        CoreCode.deploy(poe, core);
        assertEq(IRollup(poe.ROLLUP()).CONSENSUS(), address(poe));
    }

    function test_parametersOfNoCoreAreRefusedAtOnce() public {
        IProofOfEfficiency.Parameters memory params = parameters(ISelector(address(0)));
        IRollup.CoreParameters memory other = core;
        other.forcedDeadline = 0;
        vm.expectRevert(abi.encodeWithSelector(IRollup.InvalidParameter.selector, "forcedDeadline", 0));
        Deploy.proofOfEfficiency(other, params, CoreCode.hash());
        other = coreParameters();
        other.enforcementVerifier = alice;
        vm.expectRevert(
            abi.encodeWithSelector(IRollup.InvalidParameter.selector, "enforcementVerifier", uint160(alice))
        );
        Deploy.proofOfEfficiency(other, params, CoreCode.hash());
    }

    function argumentsOf(IRollup.CoreParameters memory params) private pure returns (bytes memory) {
        return abi.encode(LeafVerifyingKey.GENESIS_STATE_ROOT, LeafVerifyingKey.SLOTS, params);
    }

    function expectRefused(bytes memory code, bytes memory arguments) private {
        bytes32 given = Hashes.efficientKeccak256(keccak256(code), keccak256(arguments));
        bytes memory initCode = bytes.concat(code, arguments);
        vm.expectRevert(abi.encodeWithSelector(ICoreDeployer.WrongCoreCode.selector, given, poe.CORE_HASH()));
        poe.deployCore(initCode);
    }
}
