// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { PoseidonT3 } from "poseidon-solidity/PoseidonT3.sol";

import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { FalseToken } from "../../../contracts/mocks/FalseToken.sol";
import { Reentrant } from "../../../contracts/mocks/Reentrant.sol";
import { RollupTest } from "./RollupTest.sol";

contract ExitsTest is RollupTest {
    FalseToken private token;
    uint16 private tokenId;
    Reentrant private user;

    // The exits of every leaf of these tests, by slot.
    address[4] private recipients;
    uint16[4] private tokens;
    uint128[4] private amounts;

    function setUp() public override {
        super.setUp();
        token = new FalseToken();
        tokenId = register(address(token));
        user = new Reentrant();
        recipients = [alice, address(user), bob, alice];
        tokens = [0, 0, tokenId, 0];
        amounts = [1 ether, 2 ether, 300, 0];
        vm.deal(address(rollup), 100 ether);
        token.mint(address(rollup), 10_000);
    }

    // ─── Hash ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The vector of circomlib: the library that is linked is the function of the circuits.
    function test_poseidonIsThatOfCircomlib() public pure {
        assertEq(
            PoseidonT3.hash([uint256(1), 2]),
            7853200120776062878684798364095072458815029376092732009249414926327459813530
        );
    }

    // ─── Payment ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_paysEveryExitOfEverySettledLeaf() public {
        settle(7, 3);
        uint256 before = alice.balance;
        for (uint32 leaf = 0; leaf < 3; ++leaf) {
            for (uint16 slot = 0; slot < 4; ++slot) {
                IExits.ExitClaim memory exit = claimOf(7, 3, leaf, slot);
                assertFalse(rollup.isClaimed(7, leaf, slot));
                vm.expectEmit(address(rollup));
                emit IExits.ExitClaimed(7, leaf * SLOTS + slot, recipients[slot], tokens[slot], amounts[slot]);
                rollup.claim(exit);
                assertTrue(rollup.isClaimed(7, leaf, slot));
            }
        }
        assertEq(alice.balance - before, 3 ether);
        assertEq(address(user).balance, 6 ether);
        assertEq(token.balanceOf(bob), 900);
    }

    function test_anyoneMayClaimForTheRecipient() public {
        settle(1, 1);
        uint256 before = alice.balance;
        vm.prank(bob);
        rollup.claim(claimOf(1, 1, 0, 0));
        assertEq(alice.balance - before, 1 ether);
    }

    function test_secondClaimReverts() public {
        settle(1, 2);
        rollup.claim(claimOf(1, 2, 1, 0));
        IExits.ExitClaim memory exit = claimOf(1, 2, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, 1, 1, 0));
        rollup.claim(exit);
    }

    /// @dev Leaves with the same exits have the same root: each pays, and once.
    function test_equalLeavesOfTwoBatchesArePaidSeparately() public {
        settle(1, 1);
        settle(2, 1);
        rollup.claim(claimOf(1, 1, 0, 0));
        assertFalse(rollup.isClaimed(2, 0, 0));
        rollup.claim(claimOf(2, 1, 0, 0));
        IExits.ExitClaim memory exit = claimOf(2, 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, 2, 0, 0));
        rollup.claim(exit);
    }

    /// @dev Bits are kept by words of 256 slots. Those of the leaves 0, 64 and 128 have the same place in their words.
    function test_everySlotHasABitOfItsOwn() public {
        uint32[5] memory leaves = [uint32(0), 32, 64, 128, type(uint32).max];
        for (uint256 i = 0; i < leaves.length; ++i) {
            settleLeaf(1, leaves[i]);
            IExits.ExitClaim memory exit = claimOf(1, 1, leaves[i], 0);
            assertFalse(rollup.isClaimed(1, leaves[i], 0));
            rollup.claim(exit);
            assertTrue(rollup.isClaimed(1, leaves[i], 0));
            vm.expectRevert(abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, 1, leaves[i], 0));
            rollup.claim(exit);
        }
    }

    function test_reenteringClaimPaysNothingMore() public {
        settle(1, 1);
        IExits.ExitClaim memory exit = claimOf(1, 1, 0, 1);
        user.arm(address(rollup), abi.encodeCall(rollup.claim, (exit)));
        rollup.claim(exit);
        assertTrue(user.reentered());
        assertFalse(user.succeeded());
        assertEq(user.answer(), abi.encodeWithSelector(IExits.ExitAlreadyClaimed.selector, 1, 0, 1));
        assertEq(address(user).balance, 2 ether);
    }

    function test_refusingRecipientFailsOnlyItsOwnClaim() public {
        settle(1, 1);
        user.setRefuses(true);
        IExits.ExitClaim memory exit = claimOf(1, 1, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.EtherTransferFailed.selector, address(user), 2 ether));
        rollup.claim(exit);
        assertFalse(rollup.isClaimed(1, 0, 1));
        rollup.claim(claimOf(1, 1, 0, 0));

        token.setRefuses(true);
        exit = claimOf(1, 1, 0, 2);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        rollup.claim(exit);
        token.setRefuses(false);
        rollup.claim(exit);
    }

    // ─── Refusals ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_everyFieldOfTheExitCounts() public {
        settle(1, 2);
        IExits.ExitClaim memory exit = claimOf(1, 2, 0, 0);
        exit.recipient = bob;
        expectWrongExitsRoot(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.token = tokenId;
        expectWrongExitsRoot(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.amount += 1;
        expectWrongExitsRoot(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.slot = 1;
        expectWrongExitsRoot(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.exitPath[1] += 1;
        expectWrongExitsRoot(exit);
        rollup.claim(claimOf(1, 2, 0, 0));
    }

    function test_everyFieldOfTheSettlementCounts() public {
        settle(1, 2);
        IExits.ExitClaim memory exit = claimOf(1, 2, 0, 0);
        exit.batch = 2;
        expectNotSettled(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.leaf = 1;
        expectNotSettled(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.exitsRoot += 1;
        expectNotSettled(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.settlementPath[0] ^= bytes32(uint256(1));
        expectNotSettled(exit);
        exit = claimOf(1, 2, 0, 0);
        exit.settlementPath = new bytes32[](0);
        expectNotSettled(exit);
    }

    function test_lengthsAreChecked() public {
        settle(1, 1);
        IExits.ExitClaim memory exit = claimOf(1, 1, 0, 0);
        exit.slot = 4;
        vm.expectRevert(abi.encodeWithSelector(IExits.SlotOutOfRange.selector, 4, 4));
        rollup.claim(exit);
        vm.expectRevert(abi.encodeWithSelector(IExits.SlotOutOfRange.selector, 4, 4));
        rollup.isClaimed(1, 0, 4);
        exit = claimOf(1, 1, 0, 0);
        exit.exitPath = new uint256[](1);
        vm.expectRevert(abi.encodeWithSelector(IExits.WrongPathLength.selector, 1, 2));
        rollup.claim(exit);
        exit.exitPath = new uint256[](3);
        vm.expectRevert(abi.encodeWithSelector(IExits.WrongPathLength.selector, 3, 2));
        rollup.claim(exit);
    }

    /// @dev An inner node of the settlement tree is 64 bytes hashed, a leaf 96: it cannot be claimed as a leaf.
    function test_innerNodeIsNoLeaf() public {
        settle(1, 2);
        IExits.ExitClaim memory exit = claimOf(1, 2, 0, 0);
        bytes32 root = nodeOf(1, 0, exitsRoot());
        exit.batch = uint64(uint256(root));
        exit.settlementPath = new bytes32[](0);
        expectNotSettled(exit);
    }

    function test_nothingIsSettledAtFirst() public {
        IExits.ExitClaim memory exit = claimOf(1, 1, 0, 0);
        expectNotSettled(exit);
        assertFalse(rollup.isSettled(0));
        assertFalse(rollup.isSettled(nodeOf(1, 0, exitsRoot())));
    }

    function test_wrongChain() public {
        settle(1, 1);
        IExits.ExitClaim memory exit = claimOf(1, 1, 0, 0);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home));
        rollup.claim(exit);
    }

    // ─── Model ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Settles a batch of up to three leaves, all with the exits above.
    function settle(uint64 batch, uint32 leaves) private {
        IExits.LeafExits[] memory exits = new IExits.LeafExits[](leaves);
        for (uint32 i = 0; i < leaves; ++i) exits[i] = IExits.LeafExits(batch, i, exitsRoot());
        bytes32 root = nodeOf(batch, 0, exitsRoot());
        if (leaves > 1) root = parent(root, nodeOf(batch, 1, exitsRoot()));
        if (leaves > 2) root = parent(root, nodeOf(batch, 2, exitsRoot()));
        vm.expectEmit(address(rollup));
        emit IExits.ExitsSettled(root, exits);
        rollup.advance(IRollup.Transition(1, 0, exits, new IRollup.Payment[](0)));
        assertTrue(rollup.isSettled(root));
    }

    /// @dev Settles a batch of which only this leaf has exits.
    function settleLeaf(uint64 batch, uint32 leaf) private {
        IExits.LeafExits[] memory exits = new IExits.LeafExits[](1);
        exits[0] = IExits.LeafExits(batch, leaf, exitsRoot());
        rollup.advance(IRollup.Transition(1, 0, exits, new IRollup.Payment[](0)));
    }

    function claimOf(
        uint64 batch,
        uint32 leaves,
        uint32 leaf,
        uint16 slot
    ) private view returns (IExits.ExitClaim memory exit) {
        exit.batch = batch;
        exit.leaf = leaf;
        exit.slot = slot;
        exit.token = tokens[slot];
        exit.recipient = recipients[slot];
        exit.amount = amounts[slot];
        exit.exitsRoot = exitsRoot();
        exit.exitPath = new uint256[](2);
        exit.exitPath[0] = exitHash(slot ^ 1);
        uint16 other = slot < 2 ? 2 : 0;
        exit.exitPath[1] = PoseidonT3.hash([exitHash(other), exitHash(other + 1)]);
        if (leaves == 2) {
            exit.settlementPath = new bytes32[](1);
            exit.settlementPath[0] = nodeOf(batch, leaf ^ 1, exitsRoot());
        }
        if (leaves == 3 && leaf < 2) {
            exit.settlementPath = new bytes32[](2);
            exit.settlementPath[0] = nodeOf(batch, leaf ^ 1, exitsRoot());
            exit.settlementPath[1] = nodeOf(batch, 2, exitsRoot());
        }
        if (leaves == 3 && leaf == 2) {
            exit.settlementPath = new bytes32[](1);
            exit.settlementPath[0] = parent(nodeOf(batch, 0, exitsRoot()), nodeOf(batch, 1, exitsRoot()));
        }
    }

    function exitHash(uint16 slot) private view returns (uint256) {
        return PoseidonT3.hash([uint160(recipients[slot]) + uint256(tokens[slot]) * 2 ** 160, amounts[slot]]);
    }

    function exitsRoot() private view returns (uint256) {
        return
            PoseidonT3.hash([PoseidonT3.hash([exitHash(0), exitHash(1)]), PoseidonT3.hash([exitHash(2), exitHash(3)])]);
    }

    function nodeOf(uint64 batch, uint32 leaf, uint256 root) private pure returns (bytes32) {
        return keccak256(abi.encode(batch, leaf, root));
    }

    function parent(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }

    function expectWrongExitsRoot(IExits.ExitClaim memory exit) private {
        uint256 node = PoseidonT3.hash([uint160(exit.recipient) + uint256(exit.token) * 2 ** 160, exit.amount]);
        uint256[] memory path = exit.exitPath;
        node = exit.slot % 2 == 0 ? PoseidonT3.hash([node, path[0]]) : PoseidonT3.hash([path[0], node]);
        node = exit.slot < 2 ? PoseidonT3.hash([node, path[1]]) : PoseidonT3.hash([path[1], node]);
        vm.expectRevert(abi.encodeWithSelector(IExits.WrongExitsRoot.selector, node, exit.exitsRoot));
        rollup.claim(exit);
    }

    function expectNotSettled(IExits.ExitClaim memory exit) private {
        bytes32 root = nodeOf(exit.batch, exit.leaf, exit.exitsRoot);
        for (uint256 i = 0; i < exit.settlementPath.length; ++i) root = parent(root, exit.settlementPath[i]);
        vm.expectRevert(abi.encodeWithSelector(IExits.ExitsNotSettled.selector, root));
        rollup.claim(exit);
    }

    receive() external payable {}
}
