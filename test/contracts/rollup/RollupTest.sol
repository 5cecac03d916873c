// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { MockEnforcementVerifier } from "../../../contracts/mocks/MockEnforcementVerifier.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { Rollup } from "../../../contracts/rollup/Rollup.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";

/// @notice A core whose consensus is the test itself, and a model of its queue.
abstract contract RollupTest is Test {
    uint256 internal constant GENESIS = 42;
    uint256 internal constant SLOTS = 4;
    uint256 internal constant TOKEN_FEE = 0.1 ether;
    uint32 internal constant DEADLINE = 1 days;
    uint32 internal constant ESCAPE_DELAY = 7 days;
    uint64 internal constant FEE_BASE = 0.001 ether;
    uint48 internal constant FEE_STEP = 0.0001 ether;
    uint256 internal constant SLOT_BYTES = 93;

    // Base8 of BabyJubJub.
    uint256 internal constant KEY_X = 5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 internal constant KEY_Y = 16950150798460657717958625567821834550301663161624707787222815936182638968203;

    Rollup internal rollup;
    MockEnforcementVerifier internal enforcementVerifier;
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        enforcementVerifier = new MockEnforcementVerifier();
        rollup = Deploy.rollup(GENESIS, SLOTS, parameters());
        vm.deal(alice, 1_000 ether);
        vm.deal(bob, 1_000 ether);
        vm.deal(address(this), 1_000 ether);
    }

    /// @dev External, so that the optimiser cannot read it again after the clock was moved.
    function clock() external view returns (uint256) {
        return block.timestamp;
    }

    /// @dev As `clock`, for the chain id.
    function chain() external view returns (uint256) {
        return block.chainid;
    }

    function parameters() internal view returns (IRollup.CoreParameters memory) {
        return
            IRollup.CoreParameters({
                tokenFee: TOKEN_FEE,
                forcedDeadline: DEADLINE,
                escapeDelay: ESCAPE_DELAY,
                forcedFeeBase: FEE_BASE,
                forcedFeeStep: FEE_STEP,
                enforcementVerifier: address(enforcementVerifier)
            });
    }

    function register(address token) internal returns (uint16 id) {
        return rollup.registerToken{ value: TOKEN_FEE }(token);
    }

    function mintTo(MockToken token, address account, uint256 amount) internal {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(address(rollup), type(uint256).max);
    }

    function advance(uint256 root, uint256 forcedCount) internal {
        rollup.advance(IRollup.Transition(root, forcedCount, 0, 0, new IRollup.Payment[](0)));
    }

    function pay(address recipient, uint16 token, uint256 amount) internal {
        IRollup.Payment[] memory payments = new IRollup.Payment[](1);
        payments[0] = IRollup.Payment(recipient, token, amount);
        rollup.advance(IRollup.Transition(GENESIS, 0, 0, 0, payments));
    }

    /// @dev The slot of docs/protocol.md §3, put together bit by bit: 744 bits in three 31-byte chunks.
    function slotOf(
        uint32 from,
        uint32 to,
        uint16 token,
        uint128 amount,
        uint256 keyX,
        uint256 keyY,
        uint256 fee,
        address l1Address
    ) internal pure returns (bytes memory) {
        bool[744] memory bits; // bits[0] is the most significant one, bit 743 of the table
        put(bits, 743, 32, from);
        put(bits, 711, 32, to);
        put(bits, 679, 16, token);
        put(bits, 663, 128, amount);
        put(bits, 504, 254, keyY);
        put(bits, 250, 90, fee);
        put(bits, 160, 1, keyX % 2);
        put(bits, 159, 160, uint160(l1Address));
        bytes memory slot = new bytes(SLOT_BYTES);
        for (uint256 i = 0; i < 744; ++i) {
            if (bits[i]) slot[i / 8] = bytes1(uint8(slot[i / 8]) | uint8(1 << (7 - (i % 8))));
        }
        return slot;
    }

    /// @dev The same slot with these flags, in bits 509 … 505.
    function flagged(bytes memory slot, uint8 flags) internal pure returns (bytes memory) {
        slot[29] |= bytes1(flags << 1);
        return slot;
    }

    function put(bool[744] memory bits, uint256 top, uint256 width, uint256 value) private pure {
        for (uint256 i = 0; i < width; ++i) bits[743 - top + i] = (value >> (width - 1 - i)) & 1 == 1;
    }

    /// @dev Queues a forced exit of `account` by alice and returns its slot.
    function queueExit(uint32 account) internal returns (bytes memory slot) {
        uint256 fee = rollup.forcedFee();
        vm.prank(alice);
        rollup.forceExit{ value: fee }(account, 0, 1);
        return slotOf(account, 0, 0, 1, 0, 0, fee, alice);
    }
}
