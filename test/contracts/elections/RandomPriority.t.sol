// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { EpochClock } from "../../../contracts/elections/parts/EpochClock.sol";
import { RandomPriority } from "../../../contracts/elections/RandomPriority.sol";
import { IRandomPriority } from "../../../contracts/interfaces/IRandomPriority.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Runs Proof of Efficiency under random priority for aggregators.
contract RandomPriorityTest is ElectionUnderPoe {
    uint96 private constant TICKET = 100 ether;
    uint256 private constant LINKS = 200;
    bytes25 private constant SECRET = bytes25(keccak256("secret"));

    uint256 private firstSlot;

    function createElection() internal override returns (ISelector) {
        EpochClock.ClockParameters memory clock = EpochClock.ClockParameters({ slotBlocks: 25, epochSlots: 32 });
        IRandomPriority.PriorityParameters memory params = IRandomPriority.PriorityParameters({
            ticket: TICKET,
            fine: TICKET / 2,
            claimBlocks: 5,
            opensAfter: 12 minutes
        });
        return ISelector(Deploy.create("RandomPriority.sol:RandomPriority", abi.encode(token, clock, params)));
    }

    function elect(address, address aggregator) internal override {
        RandomPriority priority = RandomPriority(address(election));
        token.transfer(aggregator, TICKET);
        bytes25 anchor = link(0);
        vm.startPrank(aggregator);
        token.approve(address(priority), TICKET);
        priority.deposit(TICKET);
        priority.join(anchor, 1);
        vm.stopPrank();
        // solhint-disable-next-line reentrancy
        firstSlot = priority.keyOf(aggregator).slot + 1;
        waitForBlock(priority.seedBlock(firstSlot / 32));
        vm.prevrandao(keccak256("random"));
        priority.seal();
        claim(aggregator, firstSlot);
        waitForBlock(priority.slotStart(firstSlot));
    }

    /// @dev In its slot the holder proves, and nobody else; in the next one everybody does.
    function test_underPoe_theHolderAloneProvesInItsSlot() public {
        elect(alice, bob);
        sequence(stranger, inputOf(1, 1));
        sequence(stranger, inputOf(1, 2));
        expectRefused(stranger, Role.Aggregator);
        verify(bob, 1, 1);
        waitForBlock(RandomPriority(address(election)).slotStart(firstSlot + 1));
        verify(stranger, 2, 2);
    }

    /// @dev A holder that proves nothing is fined by what the consensus says.
    function test_underPoe_aSilentHolderIsReported() public {
        elect(alice, bob);
        RandomPriority priority = RandomPriority(address(election));
        sequence(stranger, inputOf(1, 1));
        claim(bob, firstSlot + 1);
        waitForBlock(priority.slotStart(firstSlot + 2));
        vm.prank(stranger);
        priority.report(firstSlot + 1);
        assertEq(priority.depositOf(bob).amount, TICKET / 2);
        assertEq(priority.balances(stranger), TICKET / 20);
    }

    /// @dev The next proof takes the fine as well: it takes away what a report would show.
    function test_underPoe_aProofFinesTheSilentHolderOfTheSlotBefore() public {
        elect(alice, bob);
        RandomPriority priority = RandomPriority(address(election));
        sequence(stranger, inputOf(1, 1));
        claim(bob, firstSlot + 1);
        waitForBlock(priority.slotStart(firstSlot + 2));
        verify(stranger, 1, 1);
        assertEq(priority.depositOf(bob).amount, TICKET / 2);
        assertEq(priority.balances(stranger), TICKET / 20);
    }

    function claim(address account, uint256 slot) private {
        RandomPriority priority = RandomPriority(address(election));
        waitForBlock(priority.slotStart(slot) - 1);
        bytes25 shown = link(slot - firstSlot + 1);
        vm.prank(account);
        priority.claim(slot, 0, shown);
    }

    function waitForBlock(uint256 number) private {
        wait((number - this.height()) * BLOCK_TIME);
    }

    /// @dev The anchor is link 0.
    function link(uint256 number) private pure returns (bytes25 shown) {
        shown = SECRET;
        for (uint256 i = number; i < LINKS; ++i) shown = bytes25(keccak256(abi.encode(shown)));
    }
}
