// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Test } from "./Test.sol";

contract Handler {
    uint256 public calls;
    bool public forbiddenFunctionCalled;
    bool public forbiddenSenderSeen;
    address private immutable _forbiddenSender;

    constructor(address forbiddenSender) {
        _forbiddenSender = forbiddenSender;
    }

    function allowed(uint256) external {
        calls++;
        if (msg.sender == _forbiddenSender) forbiddenSenderSeen = true;
    }

    function forbidden() external {
        forbiddenFunctionCalled = true;
    }
}

contract Bystander {
    bool public called;

    function call() external {
        called = true;
    }
}

/// @notice The runner calls what `setUp` names, and nothing else.
contract InvariantTargetsTest is Test {
    Handler private handler;
    Bystander private bystander;

    function setUp() public {
        handler = new Handler(makeAddr("forbidden"));
        bystander = new Bystander();
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = Handler.allowed.selector;
        targetContract(address(handler));
        targetSelectors(address(handler), selectors);
        targetSender(makeAddr("allowed"));
        targetSender(makeAddr("forbidden"));
        excludeSender(makeAddr("forbidden"));
    }

    function invariant_onlyTargetsAreCalled() public view {
        assertFalse(handler.forbiddenFunctionCalled(), "selector");
        assertFalse(handler.forbiddenSenderSeen(), "sender");
        assertFalse(bystander.called(), "contract");
    }

    function afterInvariant() public view {
        assertGt(handler.calls(), 0, "the handler was never called");
    }
}

/// @notice The other way round: everything is called but what is excluded.
contract InvariantExclusionsTest is Test {
    Handler private handler;
    Bystander private bystander;

    function setUp() public {
        handler = new Handler(address(0));
        bystander = new Bystander();
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = Handler.forbidden.selector;
        excludeContract(address(bystander));
        excludeSelectors(address(handler), selectors);
    }

    function invariant_exclusionsAreNotCalled() public view {
        assertFalse(handler.forbiddenFunctionCalled(), "selector");
        assertFalse(bystander.called(), "contract");
    }

    function afterInvariant() public view {
        assertGt(handler.calls(), 0, "the handler was never called");
    }
}
