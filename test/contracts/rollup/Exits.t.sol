// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { FalseToken } from "../../../contracts/mocks/FalseToken.sol";
import { Reentrant } from "../../../contracts/mocks/Reentrant.sol";
import { ExitsModel } from "./ExitsModel.sol";
import { RollupTest } from "./RollupTest.sol";

contract ExitsTest is RollupTest, ExitsModel {
    /// @dev Nodes that the tree of settlements keeps of each height.
    uint256 private constant KEPT = 64;

    FalseToken private token;
    uint16 private tokenId;
    Reentrant private user;

    // The first exits of every transition of these tests.
    address[4] private recipients;
    uint16[4] private tokens;
    uint128[4] private amounts;

    // The transitions so far.
    bytes32[] private nodes; // of the tree of settlements
    uint256[] private firsts;
    uint256[] private counts;
    uint256 private total;

    function setUp() public override {
        super.setUp();
        token = new FalseToken();
        tokenId = register(address(token));
        user = new Reentrant();
        recipients = [alice, address(user), bob, alice];
        tokens = [0, 0, tokenId, 0];
        amounts = [1 ether, 2 ether, 300, 0];
        vm.deal(address(rollup), 1_000 ether);
        token.mint(address(rollup), 10_000);
    }

    // ─── Payment ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_paysEveryExitOfEveryTransition() public {
        uint256[3] memory sizes = [uint256(4), 1, 3];
        for (uint256 i = 0; i < 3; ++i) settle(sizes[i]);
        uint256 before = alice.balance;
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 k = 0; k < sizes[i]; ++k) {
                IExits.ExitClaim memory exit = claimOf(i, k);
                uint256 number = firsts[i] + k;
                assertFalse(rollup.isClaimed(number));
                vm.expectEmit(address(rollup));
                emit IExits.ExitClaimed(number, recipients[k], tokens[k], amounts[k]);
                rollup.claim(exit);
                assertTrue(rollup.isClaimed(number));
            }
        }
        assertEq(alice.balance - before, 3 ether);
        assertEq(address(user).balance, 4 ether);
        assertEq(token.balanceOf(bob), 600);
    }

    function test_numbersGoOn() public {
        settle(3);
        settle(0);
        settle(4);
        (uint256 settlements, uint256 exits) = rollup.settledExits();
        assertEq(settlements, 2);
        assertEq(exits, 7);
    }

    function test_transitionWithoutExitsSettlesNothing() public {
        vm.recordLogs();
        settle(0);
        assertEq(vm.getRecordedLogs().length, 1, "StateAdvanced");
        (uint256 settlements, ) = rollup.settledExits();
        assertEq(settlements, 0);
    }

    function test_anyoneMayClaimForTheRecipient() public {
        settle(4);
        uint256 before = alice.balance;
        IExits.ExitClaim memory exit = claimOf(0, 0);
        vm.prank(bob);
        rollup.claim(exit);
        assertEq(alice.balance - before, 1 ether);
    }

    function test_secondClaimReverts() public {
        settle(4);
        settle(4);
        IExits.ExitClaim memory exit = claimOf(1, 0);
        rollup.claim(exit);
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, 4));
        rollup.claim(exit);
        assertFalse(rollup.isClaimed(0));
    }

    /// @dev Transitions with the same exits have the same root: each pays, and once.
    function test_equalTransitionsArePaidSeparately() public {
        settle(2);
        settle(2);
        rollup.claim(claimOf(0, 0));
        assertFalse(rollup.isClaimed(2));
        rollup.claim(claimOf(1, 0));
        IExits.ExitClaim memory exit = claimOf(1, 0);
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, 2));
        rollup.claim(exit);
    }

    /// @dev Bits are kept by words of 256 exits.
    function test_everyExitHasABitOfItsOwn() public {
        settle(300);
        uint256[5] memory indices = [uint256(0), 255, 256, 257, 299];
        for (uint256 i = 0; i < indices.length; ++i) {
            IExits.ExitClaim memory exit = claimOf(0, indices[i]);
            assertFalse(rollup.isClaimed(indices[i]));
            rollup.claim(exit);
            assertTrue(rollup.isClaimed(indices[i]));
            vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, indices[i]));
            rollup.claim(exit);
        }
    }

    /// @dev Whatever is claimed before or after it, in the same word or another one, an exit is paid once.
    function test_claimsDoNotUndoOneAnother() public {
        settle(300);
        uint256[6] memory indices = [uint256(2), 0, 257, 1, 256, 255];
        for (uint256 i = 0; i < indices.length; ++i) {
            rollup.claim(claimOf(0, indices[i]));
            for (uint256 k = 0; k < indices.length; ++k) assertEq(rollup.isClaimed(indices[k]), k <= i);
        }
        for (uint256 i = 0; i < indices.length; ++i) {
            IExits.ExitClaim memory exit = claimOf(0, indices[i]);
            vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, indices[i]));
            rollup.claim(exit);
        }
    }

    function test_reenteringClaimPaysNothingMore() public {
        settle(4);
        IExits.ExitClaim memory exit = claimOf(0, 1);
        user.arm(address(rollup), abi.encodeCall(rollup.claim, (exit)));
        rollup.claim(exit);
        assertTrue(user.reentered());
        assertFalse(user.succeeded());
        assertEq(user.answer(), abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, 1));
        assertEq(address(user).balance, 2 ether);
    }

    function test_refusingRecipientFailsOnlyItsOwnClaim() public {
        settle(4);
        user.setRefuses(true);
        IExits.ExitClaim memory exit = claimOf(0, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.EtherTransferFailed.selector, address(user), 2 ether));
        rollup.claim(exit);
        assertFalse(rollup.isClaimed(1));
        rollup.claim(claimOf(0, 0));

        token.setRefuses(true);
        exit = claimOf(0, 2);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        rollup.claim(exit);
        token.setRefuses(false);
        rollup.claim(exit);
    }

    // ─── History ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The tree keeps the last nodes of each height, so each settlement is below one, for ever.
    function test_oldSettlementsStayProvable() public {
        for (uint256 i = 0; i < 2 * KEPT + 37; ++i) {
            settle(1);
            if (i % 13 == 0) rollup.claim(claimOf(i / 2, 0));
        }
        uint256[6] memory left = [uint256(1), 2, 63, 66, 127, 2 * KEPT + 36];
        for (uint256 i = 0; i < left.length; ++i) rollup.claim(claimOf(left[i], 0));
    }

    /// @dev A path to a node of each height that is kept: from the settlement itself to the highest one.
    function test_eachKeptNodeWillDo() public {
        for (uint256 i = 0; i < 8; ++i) settle(1);
        IExits.ExitClaim memory exit = claimOf(3, 0);
        assertEq(exit.settlementPath.length, 3);
        for (uint256 length = 0; length <= 3; ++length) {
            uint256 snapshot = vm.snapshotState();
            IExits.ExitClaim memory shorter = claimOf(3, 0);
            shorter.settlementPath = new bytes32[](length);
            for (uint256 i = 0; i < length; ++i) shorter.settlementPath[i] = exit.settlementPath[i];
            rollup.claim(shorter);
            vm.revertToState(snapshot);
        }
        exit.settlementPath = new bytes32[](4);
        expectNotSettled(exit);
    }

    /// @dev At the last settlement that keeps the node, and one later.
    function test_nodeIsKeptForAsManyFurtherOnes() public {
        for (uint256 i = 0; i < KEPT; ++i) settle(1);
        IExits.ExitClaim memory exit = claimOf(0, 0);
        exit.settlementPath = new bytes32[](0);
        uint256 snapshot = vm.snapshotState();
        rollup.claim(exit);
        vm.revertToState(snapshot);

        settle(1);
        expectNotSettled(exit);
        rollup.claim(claimOf(0, 0));
    }

    /// @dev Slot of the tree of `index + KEPT` is that of `index`: the later one does not pass for the earlier.
    function test_laterNodeInTheSamePlaceIsAnotherOne() public {
        for (uint256 i = 0; i <= KEPT; ++i) settle(1);
        IExits.ExitClaim memory exit = claimOf(KEPT, 0);
        exit.settlementPath = new bytes32[](0);
        exit.settlement = 0;
        expectNotSettled(exit);
    }

    // ─── Refusals ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_everyFieldCounts() public {
        for (uint256 i = 0; i < 4; ++i) settle(4);
        for (uint256 field = 0; field < 8; ++field) {
            IExits.ExitClaim memory exit = claimOf(1, 1);
            if (field == 0) exit.recipient = bob;
            if (field == 1) exit.token = tokenId;
            if (field == 2) exit.amount += 1;
            if (field == 3) exit.index = 0;
            if (field == 4) exit.first += 1;
            if (field == 5) exit.settlement = 2;
            if (field == 6) exit.exitPath[1] ^= bytes32(uint256(1));
            if (field == 7) exit.settlementPath[1] ^= bytes32(uint256(1));
            expectNotSettled(exit);
        }
        rollup.claim(claimOf(1, 1));
    }

    /// @dev Inner nodes are 64 bytes hashed, an exit and a settlement 96: none passes for another.
    function test_innerNodesAreNoLeaves() public {
        settle(4);
        settle(4);
        IExits.ExitClaim memory exit = claimOf(0, 0);
        exit.exitPath = new bytes32[](1);
        expectNotSettled(exit);
        exit = claimOf(0, 0);
        exit.settlementPath = new bytes32[](0);
        exit.exitPath = new bytes32[](0);
        expectNotSettled(exit);
    }

    function test_pathIsBounded() public {
        settle(1);
        IExits.ExitClaim memory exit = claimOf(0, 0);
        exit.settlementPath = new bytes32[](65);
        expectNotSettled(exit);
        exit.settlementPath = new bytes32[](256);
        expectNotSettled(exit);
    }

    function test_nothingIsSettledAtFirst() public {
        IExits.ExitClaim memory exit;
        expectNotSettled(exit);
        exit.settlement = type(uint64).max;
        exit.first = type(uint64).max;
        exit.index = type(uint32).max;
        expectNotSettled(exit);
    }

    function test_wrongChain() public {
        settle(1);
        IExits.ExitClaim memory exit = claimOf(0, 0);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home));
        rollup.claim(exit);
    }

    // ─── Model ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function leaves(uint256 count) private view returns (bytes32[] memory list) {
        list = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            IExits.ExitClaim memory exit;
            if (i < 4) (exit.recipient, exit.token, exit.amount) = (recipients[i], tokens[i], amounts[i]);
            list[i] = exitNode(i, exit);
        }
    }

    /// @dev A transition with the first `count` exits; those after the fourth give nothing to nobody.
    function settle(uint256 count) private {
        bytes32 root = count == 0 ? bytes32(0) : rootOf(leaves(count));
        if (count > 0) {
            vm.expectEmit(address(rollup));
            emit IExits.ExitsSettled(nodes.length, total, count, root);
        }
        rollup.advance(IRollup.Transition(1, 0, root, count, new IRollup.Payment[](0)));
        if (count == 0) return;
        nodes.push(settlementNode(nodes.length, total, root));
        firsts.push(total);
        counts.push(count);
        total += count;
    }

    function claimOf(uint256 settlement, uint256 index) private view returns (IExits.ExitClaim memory exit) {
        exit.settlement = uint64(settlement);
        exit.first = uint64(firsts[settlement]);
        exit.index = uint32(index);
        if (index < 4) {
            (exit.recipient, exit.token, exit.amount) = (recipients[index], tokens[index], amounts[index]);
        }
        exit.exitPath = pathOf(leaves(counts[settlement]), index);
        exit.settlementPath = settlementPath(nodes, settlement);
    }

    function expectNotSettled(IExits.ExitClaim memory exit) private {
        bytes32 root = exitNode(exit.index, exit);
        for (uint256 i = 0; i < exit.exitPath.length; ++i) root = parent(root, exit.exitPath[i]);
        uint256 number = uint256(exit.first) + exit.index;
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitNotSettled.selector, number, exit.settlement, root));
        rollup.claim(exit);
    }

    receive() external payable {}
}
