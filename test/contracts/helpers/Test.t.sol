// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Test } from "./Test.sol";
import { Vm } from "./Vm.sol";

contract Probe {
    event Poked(address indexed by, uint256 value);

    error Refused(uint256 value);

    uint256 public value = 7;

    function poke(uint256 newValue) external {
        if (newValue == 0) revert Refused(newValue);
        value = newValue;
        emit Poked(msg.sender, newValue);
    }

    function whoCalls() external view returns (address sender, address origin) {
        return (msg.sender, tx.origin);
    }
}

/// @notice The test base itself: every cheatcode does what its name says, and every assertion can fail.
contract TestTest is Test {
    Probe private probe;

    function setUp() public {
        probe = new Probe();
    }

    // --- Cheatcodes --------------------------------------------------------------------------------------------------

    function test_warp_roll_fee_chainId_coinbase_prevrandao() public {
        vm.warp(1_900_000_000);
        vm.roll(123);
        vm.fee(5 gwei);
        vm.chainId(4242);
        vm.coinbase(address(0xC0));
        vm.prevrandao(bytes32(uint256(9)));
        assertEq(block.timestamp, 1_900_000_000);
        assertEq(block.number, 123);
        assertEq(block.basefee, 5 gwei);
        assertEq(block.chainid, 4242);
        assertEq(block.coinbase, address(0xC0));
        assertEq(block.prevrandao, 9);
        skip(60);
        assertEq(block.timestamp, 1_900_000_060);
    }

    function test_setBlockhash() public {
        vm.roll(500);
        vm.setBlockhash(499, bytes32(uint256(11)));
        assertEq(blockhash(499), bytes32(uint256(11)));
    }

    function test_deal_etch_load_store() public {
        address account = makeAddr("account");
        vm.deal(account, 3 ether);
        assertEq(account.balance, 3 ether);
        vm.etch(account, hex"00");
        assertEq(account.code, hex"00");
        vm.store(address(probe), 0, bytes32(uint256(8)));
        assertEq(probe.value(), 8);
        assertEq(vm.load(address(probe), 0), bytes32(uint256(8)));
    }

    function test_sign() public pure {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xA11CE, keccak256("message"));
        assertEq(ecrecover(keccak256("message"), v, r, s), vm.addr(0xA11CE));
    }

    function test_snapshotState() public {
        uint256 snapshot = vm.snapshotState();
        probe.poke(9);
        assertTrue(vm.revertToState(snapshot));
        assertEq(probe.value(), 7);
    }

    function test_prank() public {
        address alice = makeAddr("alice");
        address bob = makeAddr("bob");
        vm.prank(alice);
        (address sender, ) = probe.whoCalls();
        assertEq(sender, alice);
        (sender, ) = probe.whoCalls();
        assertEq(sender, address(this), "prank lasts for one call");

        vm.startPrank(alice, bob);
        probe.whoCalls();
        (address second, address origin) = probe.whoCalls();
        assertEq(second, alice);
        assertEq(origin, bob);
        vm.stopPrank();
        (sender, ) = probe.whoCalls();
        assertEq(sender, address(this));

        hoax(alice, 2 ether);
        (sender, ) = probe.whoCalls();
        assertEq(sender, alice);
        assertEq(alice.balance, 2 ether);
    }

    function test_mockCall() public {
        vm.mockCall(address(probe), abi.encodeCall(probe.value, ()), abi.encode(99));
        assertEq(probe.value(), 99);
        vm.mockCallRevert(address(probe), abi.encodeCall(probe.value, ()), "no");
        (bool success, bytes memory reason) = address(probe).staticcall(abi.encodeCall(probe.value, ()));
        assertFalse(success);
        assertEq(reason, bytes("no"));
        vm.clearMockedCalls();
        assertEq(probe.value(), 7);
    }

    function test_lastCallGas() public {
        probe.poke(9);
        Vm.Gas memory gas = vm.lastCallGas();
        assertGt(gas.gasTotalUsed, 2_900);
        assertLt(gas.gasTotalUsed, 40_000);
    }

    // --- Expectations ------------------------------------------------------------------------------------------------

    function test_expectRevert() public {
        vm.expectRevert(abi.encodeWithSelector(Probe.Refused.selector, 0));
        probe.poke(0);
    }

    function test_expectRevert_otherArgument() public {
        _expectFailure(this.expectsOtherArgument);
    }

    function expectsOtherArgument() external {
        vm.expectRevert(abi.encodeWithSelector(Probe.Refused.selector, 1));
        probe.poke(0);
    }

    function test_expectEmit() public {
        vm.expectEmit(address(probe));
        emit Probe.Poked(address(this), 5);
        probe.poke(5);
    }

    function test_expectCall() public {
        vm.expectCall(address(probe), abi.encodeCall(probe.poke, (5)));
        probe.poke(5);
    }

    function test_recordLogs() public {
        vm.recordLogs();
        probe.poke(5);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].emitter, address(probe));
        assertEq(logs[0].topics[0], Probe.Poked.selector);
        assertEq(logs[0].data, abi.encode(5));
    }

    // --- Assertions --------------------------------------------------------------------------------------------------

    function test_assertions_pass() public pure {
        assertTrue(true);
        assertFalse(false);
        assertEq(true, true);
        assertEq(int256(-1), int256(-1));
        assertEq(string("a"), string("a"));
        assertEq(new uint256[](2), new uint256[](2));
        assertNotEq(uint256(1), uint256(2));
        assertNotEq(address(1), address(2));
        assertNotEq(bytes32("a"), bytes32("b"));
        assertGt(2, 1);
        assertGe(2, 2);
        assertLt(1, 2);
        assertLe(2, 2);
        assertApproxEqAbs(100, 102, 2);
        assertApproxEqRel(100, 101, 0.01e18);
    }

    function test_assertions_fail() public {
        _expectFailure(this.failAssertTrue);
        _expectFailure(this.failAssertEq);
        _expectFailure(this.failAssertEqBytes);
        _expectFailure(this.failAssertNotEq);
        _expectFailure(this.failAssertGt);
        _expectFailure(this.failAssertLe);
        _expectFailure(this.failAssertApproxEqAbs);
        _expectFailure(this.failAssertApproxEqRel);
        _expectFailure(this.failBound);
    }

    function failAssertTrue() external pure {
        assertTrue(false);
    }

    function failAssertEq() external pure {
        assertEq(uint256(1), uint256(2));
    }

    function failAssertEqBytes() external pure {
        assertEq(bytes("a"), bytes("b"));
    }

    function failAssertNotEq() external pure {
        assertNotEq(uint256(1), uint256(1));
    }

    function failAssertGt() external pure {
        assertGt(1, 1);
    }

    function failAssertLe() external pure {
        assertLe(2, 1);
    }

    function failAssertApproxEqAbs() external pure {
        assertApproxEqAbs(100, 103, 2);
    }

    function failAssertApproxEqRel() external pure {
        assertApproxEqRel(100, 103, 0.01e18);
    }

    function failBound() external pure {
        bound(1, 3, 2);
    }

    // --- Fuzzing -----------------------------------------------------------------------------------------------------

    function testFuzz_bound(uint256 value, uint256 min, uint256 max) public pure {
        vm.assume(min <= max);
        uint256 bounded = bound(value, min, max);
        assertGe(bounded, min);
        assertLe(bounded, max);
        if (value >= min && value <= max) assertEq(bounded, value);
    }

    function test_bound_wholeRange() public pure {
        assertEq(bound(type(uint256).max, 0, type(uint256).max), type(uint256).max);
        assertEq(bound(12, 10, 11), 10);
        assertEq(bound(13, 10, 11), 11);
    }

    function _expectFailure(function() external test) private {
        try test() {
            revert("did not fail");
        } catch {}
    }
}
