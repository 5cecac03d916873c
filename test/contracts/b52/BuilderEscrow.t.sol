// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

import { BuilderEscrow } from "../../../contracts/consensus/b52/BuilderEscrow.sol";
import { IB52 } from "../../../contracts/interfaces/IB52.sol";
import { IBuilderEscrow } from "../../../contracts/interfaces/IBuilderEscrow.sol";
import { IProverRegistry } from "../../../contracts/interfaces/IProverRegistry.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { B52Parameters } from "../../../contracts/types/B52Parameters.sol";
import { BlockContent, BuilderLock, BuilderOffer, LockStage } from "../../../contracts/types/BuilderLock.sol";
import { Commitment, CommitmentStatus, Proposal } from "../../../contracts/types/Proposal.sol";
import { Round } from "../../../contracts/types/Round.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";

/// @notice Answers the escrow's questions as the test says, in the place of a B52 and of its core.
contract ToldB52 {
    // solhint-disable-next-line var-name-mixedcase
    bytes32 public PARAMETERS_HASH;
    bytes32 public head;
    uint256 public height;
    bool public isFrozen;
    uint256 public constant executedOperations = 0;
    Round private _round;
    mapping(address proposer => Commitment) private _commitments;

    constructor(bytes32 parametersHash) {
        PARAMETERS_HASH = parametersHash;
    }

    function tellRound(uint40 id, uint40 forHeight, uint40 opensAt) external {
        (_round.id, _round.height, _round.opensAt) = (id, forHeight, opensAt);
    }

    function tellCommitment(address proposer, bytes32 id, CommitmentStatus status) external {
        _commitments[proposer] = Commitment(bytes26(id), _round.id, status);
    }

    function tellHead(uint256 newHeight, bytes32 newHead) external {
        (height, head) = (newHeight, newHead);
    }

    function tellFrozen(bool frozen) external {
        isFrozen = frozen;
    }

    // solhint-disable-next-line func-name-mixedcase
    function ROLLUP() external view returns (address) {
        return address(this);
    }

    function openRound() external view returns (uint256, uint256, bool) {
        return (_round.id, _round.height, true);
    }

    function roundOf(uint256) external view returns (Round memory) {
        return _round;
    }

    function commitmentOf(address proposer, uint256) external view returns (Commitment memory) {
        return _commitments[proposer];
    }

    function hashesOf(Proposal calldata proposal) external pure returns (bytes32, bytes32) {
        return (0, keccak256(abi.encode(proposal)));
    }

    function previewForced(uint256, uint256, bytes calldata, uint256, uint256) external pure returns (uint256) {
        return 0;
    }
}

contract BuilderEscrowTest is Test {
    uint256 private constant WINDOW = 100;
    uint96 private constant BOND = 7;
    uint256 private constant PARTIES = 4;
    uint256 private constant STEPS = 40;

    ToldB52 private b52;
    BuilderEscrow private escrow;
    NativeToken private token;
    uint256[PARTIES] private keys;
    address[PARTIES] private parties;

    BuilderLock[] private locks;
    BlockContent private content;
    uint256 private rounds;

    function setUp() public {
        vm.warp(1_000_000);
        token = Deploy.nativeToken(type(uint96).max, address(this));
        IRollup.CoreParameters memory core;
        IProverRegistry.StakingParameters memory staking;
        B52Parameters memory params;
        params.token = ERC20Burnable(address(token));
        params.proposalWindow = uint32(WINDOW);
        params.proofWindow = uint32(WINDOW);
        params.maxLeaves = 8;
        b52 = new ToldB52(keccak256(abi.encode(core, params, staking)));
        IBuilderEscrow.EscrowParameters memory own = IBuilderEscrow.EscrowParameters(50, 100, BOND);
        bytes memory arguments = abi.encode(IB52(address(b52)), core, params, staking, own);
        escrow = BuilderEscrow(Deploy.create("BuilderEscrow.sol:BuilderEscrow", arguments));
        content.data = new bytes(93);
        for (uint256 i = 0; i < PARTIES; ++i) {
            keys[i] = uint256(keccak256(abi.encode("party", i)));
            parties[i] = vm.addr(keys[i]);
            token.transfer(parties[i], 1e24);
            vm.prank(parties[i]);
            token.approve(address(escrow), type(uint256).max);
        }
    }

    /// @notice INV-BUILDER-01: whatever the order of calls and the answers of B52, the escrow holds what it owes.
    function testFuzz_holdsExactlyWhatItOwes(uint256[STEPS] calldata seeds) public {
        for (uint256 i = 0; i < PARTIES; ++i) deposit(i, 1_000);
        for (uint256 i = 0; i < STEPS; ++i) {
            step(seeds[i]);
            requireExact();
        }
    }

    /// @notice INV-BUILDER-02: a lock ends once, and pays payment and cover to its two parties alone.
    function testFuzz_aLockEndsOnce(uint256 payment, uint256 cover, uint256 outcome) public {
        deposit(1, 1_000);
        lockOffer(0, 1, uint96(bound(payment, 0, 500)), uint96(bound(cover, 0, 500)));
        BuilderLock memory locked = locks[0];
        vm.warp(block.timestamp + 2 * WINDOW);
        outcome = bound(outcome, 0, 2);
        if (outcome > 0) b52.tellHead(locked.height, outcome == 1 ? locked.id : bytes32(0));
        escrow.resolve(locked, new Proposal[](0));
        uint256 toProposer = outcome == 1 ? locked.payment : 0;
        assertEq(balanceOf(0), toProposer);
        assertEq(balanceOf(1), 1_000 - toProposer);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBuilderEscrow.UnknownLock.selector,
                keccak256(abi.encode(locked)),
                bytes32(uint256(1))
            )
        );
        escrow.resolve(locked, new Proposal[](0));
    }

    /// @notice INV-BUILDER-03: a builder cannot take out what a proposer could count on when its window opened.
    function testFuzz_noBalanceLeavesWithinAWindow(uint256 asked, uint256 wait, uint256 later) public {
        deposit(1, 1_000);
        vm.prank(parties[1]);
        escrow.requestWithdrawal(uint96(bound(asked, 0, 2_000)));
        vm.warp(block.timestamp + bound(wait, 0, 300));
        (uint256 balance, uint256 usable, uint256 requested, uint256 readyAt) = escrow.accountOf(parties[1]);
        // A request that gets ready within the window is seen when it opens.
        uint256 counted = usable;
        if (block.timestamp < readyAt && readyAt < block.timestamp + WINDOW) {
            counted = requested > balance ? 0 : balance - requested;
        }
        vm.warp(block.timestamp + bound(later, 0, WINDOW - 1));
        vm.startPrank(parties[1]);
        try escrow.withdraw() {} catch {}
        try escrow.requestWithdrawal(2_000) {} catch {}
        try escrow.withdraw() {} catch {}
        vm.stopPrank();
        (, usable, , ) = escrow.accountOf(parties[1]);
        assertTrue(usable >= counted, "less than was counted on");
    }

    // --- Steps -------------------------------------------------------------------------------------------------------

    function step(uint256 seed) private {
        uint256 kind = seed % 9;
        uint256 who = (seed >> 8) % PARTIES;
        uint256 amount = (seed >> 16) % 300;
        if (kind == 0) return deposit(who, uint96(amount));
        if (kind == 1) {
            vm.prank(parties[who]);
            return escrow.requestWithdrawal(uint96(amount));
        }
        if (kind == 2) {
            vm.prank(parties[who]);
            try escrow.withdraw() {} catch {}
            return;
        }
        if (kind == 3) return vm.warp(block.timestamp + amount);
        if (kind == 4) return lockOffer(who, (seed >> 32) % PARTIES, uint96(amount), uint96(amount / 3));
        if (locks.length > 0) end(kind, locks[(seed >> 40) % locks.length], who, seed >> 64);
    }

    /// @dev Tells B52 anything about the lock's block, and tries a call.
    function end(uint256 kind, BuilderLock storage locked, uint256 who, uint256 seed) private {
        b52.tellFrozen(seed % 7 == 0);
        b52.tellCommitment(
            locked.proposer,
            seed % 5 == 0 ? bytes32(0) : locked.id,
            CommitmentStatus(1 + ((seed >> 8) % 3))
        );
        b52.tellRound(seed % 6 == 0 ? 0 : locked.round, locked.height, uint40(block.timestamp - ((seed >> 16) % 220)));
        b52.tellHead(
            (seed >> 24) % 2 == 0 ? locked.height : locked.height - 1,
            seed % 3 == 0 ? locked.id : locked.parent
        );
        vm.prank(parties[who]);
        if (kind == 5) {
            try escrow.demand(locked) {
                (locked.stage, locked.answerBy, locked.demander) = (
                    LockStage.Demanded,
                    uint40(block.timestamp + 50),
                    parties[who]
                );
            } catch {}
        } else if (kind == 6) {
            try escrow.answer(locked, content) {
                (locked.stage, locked.demander) = (LockStage.Answered, address(0));
            } catch {}
        } else if (kind == 7) {
            try escrow.takeCover(locked) {
                forget(locked);
            } catch {}
        } else {
            try escrow.resolve(locked, new Proposal[](0)) {
                forget(locked);
            } catch {}
        }
        b52.tellFrozen(false);
    }

    function deposit(uint256 who, uint96 amount) private {
        vm.prank(parties[who]);
        escrow.deposit(parties[who], amount);
    }

    function lockOffer(uint256 proposer, uint256 builder, uint96 payment, uint96 cover) private {
        Proposal memory proposal;
        proposal.proposer = parties[proposer];
        proposal.round = uint40(++rounds);
        proposal.height = uint40(rounds);
        proposal.parent = keccak256(abi.encode("parent", rounds));
        proposal.contentHash = contentHash();
        proposal.leaves = 2;
        b52.tellRound(proposal.round, proposal.height, uint40(block.timestamp));
        b52.tellHead(rounds - 1, proposal.parent);
        BuilderOffer memory offer = BuilderOffer(parties[builder], payment, cover, uint40(block.timestamp + WINDOW));
        bytes32 id = keccak256(abi.encode(proposal));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[builder], escrow.digestOf(id, offer));
        vm.prank(parties[proposer]);
        try escrow.lock(proposal, offer, abi.encodePacked(r, s, v)) {
            locks.push(
                BuilderLock({
                    id: id,
                    parent: proposal.parent,
                    contentHash: proposal.contentHash,
                    proposer: proposal.proposer,
                    round: proposal.round,
                    height: proposal.height,
                    leaves: proposal.leaves,
                    builder: offer.builder,
                    payment: payment,
                    cover: cover,
                    deadline: offer.deadline,
                    stage: LockStage.Locked,
                    answerBy: 0,
                    demander: address(0)
                })
            );
        } catch {}
    }

    function forget(BuilderLock storage locked) private {
        for (uint256 i = 0; i < locks.length; ++i) {
            if (locks[i].id != locked.id) continue;
            locks[i] = locks[locks.length - 1];
            locks.pop();
            return;
        }
    }

    // --- Views -------------------------------------------------------------------------------------------------------

    function contentHash() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    content.salt,
                    keccak256(content.data),
                    content.forcedCount,
                    content.feeAccount,
                    content.feeToken,
                    keccak256(content.includeList)
                )
            );
    }

    function balanceOf(uint256 who) private view returns (uint256 balance) {
        (balance, , , ) = escrow.accountOf(parties[who]);
    }

    function requireExact() private view {
        uint256 owed;
        for (uint256 i = 0; i < PARTIES; ++i) owed += balanceOf(i);
        for (uint256 i = 0; i < locks.length; ++i) {
            owed += uint256(locks[i].payment) + locks[i].cover;
            if (locks[i].stage == LockStage.Demanded) owed += BOND;
            assertEq(
                escrow.placeOf(locks[i].proposer, locks[i].height & 1),
                keccak256(abi.encode(locks[i])),
                "a place holds its lock"
            );
        }
        assertEq(token.balanceOf(address(escrow)), owed, "holds what it owes");
    }
}
