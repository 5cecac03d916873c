// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { PoseidonT3 } from "poseidon-solidity/PoseidonT3.sol";

import { BN254 } from "../../../contracts/verification/batch/BN254.sol";
import { VoteOpening } from "../../../contracts/libraries/VoteOpening.sol";
import { VoteOpeningHarness } from "../../../contracts/mocks/VoteOpeningHarness.sol";
import { Test } from "../helpers/Test.sol";
import { Vote } from "../../../contracts/types/Vote.sol";

/// @dev Of votes without a point; `DrawnVoteOpeningTest` repeats everything where tickets are drawn.
contract VoteOpeningTest is Test {
    uint256 private constant P = BN254.SCALAR_FIELD;
    uint256 private constant NODES = 16;

    /// @dev As in a heap: 1 is the root, and 16 + i the leaf of the vote for node i.
    uint256[2 * NODES] private _heap;
    VoteOpeningHarness private _opening;
    bool internal _isDrawn;

    function setUp() public virtual {
        _opening = new VoteOpeningHarness();
    }

    // ─── What opens ──────────────────────────────────────────────────────────────────────────────────────────────────

    function test_everyVoteOpens() public {
        plant(type(uint16).max, 1);
        for (uint256 node = 1; node < NODES; ++node) open(node, true, voteOf(1, node));
    }

    function testFuzz_everyNodeOpensWithOrWithoutAVote(uint16 present, uint256 seed) public {
        plant(present, seed);
        for (uint256 node = 1; node < NODES; ++node) {
            bool exists = (present >> node) & 1 == 1;
            open(node, exists, exists ? voteOf(seed, node) : Vote(0, 0, 0, 0, 0));
        }
    }

    /// @dev A vote of zeros is a vote: it is not the same as none.
    function test_aVoteOfZerosIsNotAbsent() public {
        Vote memory zeros;
        _heap[NODES + 2] = leafOf(zeros);
        grow();
        open(2, true, zeros);
        refuse(2, false, zeros);
        open(3, false, zeros);
        refuse(3, true, zeros);
    }

    function test_votesOfTheLargestNumbersOpen() public {
        Vote memory largest = Vote(P - 1, P - 1, P - 1, gammaOf(P - 1), gammaOf(P - 1));
        _heap[NODES + 15] = leafOf(largest);
        grow();
        open(15, true, largest);
    }

    // ─── What does not ───────────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_noOtherVoteOpens(uint16 present, uint256 seed, uint256 node, uint256 other) public {
        node = bound(node, 1, NODES - 1);
        other = bound(other, 1, P - 1);
        plant(present | uint16(1 << node), seed);
        Vote memory vote = voteOf(seed, node);
        refuse(node, true, Vote(addmod(vote.nodes, other, P), vote.h, vote.s, vote.gammaX, vote.gammaY));
        refuse(node, true, Vote(vote.nodes, addmod(vote.h, other, P), vote.s, vote.gammaX, vote.gammaY));
        refuse(node, true, Vote(vote.nodes, vote.h, addmod(vote.s, other, P), vote.gammaX, vote.gammaY));
        if (_isDrawn) {
            refuse(node, true, Vote(vote.nodes, vote.h, vote.s, addmod(vote.gammaX, other, P), vote.gammaY));
            refuse(node, true, Vote(vote.nodes, vote.h, vote.s, vote.gammaX, addmod(vote.gammaY, other, P)));
        }
        refuse(node, false, Vote(0, 0, 0, 0, 0));
        refuse(node, true, voteOf(seed, (node % (NODES - 1)) + 1));
    }

    function testFuzz_noVoteOpensWhereThereIsNone(uint16 present, uint256 seed, uint256 node) public {
        node = bound(node, 1, NODES - 1);
        plant(present & ~uint16(1 << node), seed);
        open(node, false, Vote(0, 0, 0, 0, 0));
        refuse(node, true, Vote(0, 0, 0, 0, 0));
        refuse(node, true, voteOf(seed, node));
    }

    function testFuzz_noOtherPathOpens(uint256 seed, uint256 node, uint256 level, uint256 other) public {
        node = bound(node, 1, NODES - 1);
        plant(type(uint16).max, seed);
        uint256[4] memory path = pathOf(node);
        level = bound(level, 0, 3);
        path[level] = addmod(path[level], bound(other, 1, P - 1), P);
        refuse(node, true, voteOf(seed, node), path);
        for (uint256 elsewhere = 1; elsewhere < NODES; ++elsewhere) {
            if (elsewhere != node) refuse(elsewhere, true, voteOf(seed, node), pathOf(node));
        }
    }

    function testFuzz_anAbsentVoteHasNoNumbers(uint256 nodes, uint256 h, uint256 s) public {
        plant(0, 1);
        if (nodes | h | s == 0) nodes = 1;
        expectAbsent(Vote(nodes, h, s, 0, 0));
        expectAbsent(Vote(1, 0, 0, 0, 0));
        expectAbsent(Vote(0, 1, 0, 0, 0));
        expectAbsent(Vote(0, 0, 1, 0, 0));
    }

    /// @dev Only a vote that exists, where tickets are drawn, has a point.
    function testFuzz_aPointIsRefusedWhereThereIsNone(uint256 seed, uint256 node, uint256 x, uint256 y) public {
        node = bound(node, 1, NODES - 1);
        if (x | y == 0) y = 1;
        plant(_isDrawn ? 0 : type(uint16).max, seed);
        Vote memory vote = _isDrawn ? Vote(0, 0, 0, x, y) : voteOf(seed, node);
        (vote.gammaX, vote.gammaY) = (x, y);
        vm.expectRevert(abi.encodeWithSelector(VoteOpening.PointNotExpected.selector, node, x, y));
        _opening.requireOpen(_heap[1], node, _isDrawn, !_isDrawn, vote, pathOf(node));
    }

    /// @dev The leaf of one form is never taken for the other form.
    function testFuzz_noFormOpensAsTheOther(uint256 seed, uint256 node) public {
        node = bound(node, 1, NODES - 1);
        plant(type(uint16).max, seed);
        Vote memory vote = voteOf(seed, node);
        if (_isDrawn) (vote.gammaX, vote.gammaY) = (0, 0);
        _isDrawn = !_isDrawn;
        refuse(node, true, vote);
    }

    /// @dev Node 17 has the last four bits of node 1.
    function testFuzz_nodesAreThoseOfATree(uint256 node) public {
        plant(type(uint16).max, 1);
        expectNoNode(0);
        expectNoNode(16);
        expectNoNode(17);
        expectNoNode(type(uint256).max);
        expectNoNode(bound(node, NODES, type(uint256).max));
    }

    /// @dev Poseidon hashes x + p like x, so each of these would open.
    function testFuzz_numbersAreBelowTheField(uint256 seed, uint256 node, uint256 multiple) public {
        node = bound(node, 1, NODES - 1);
        plant(type(uint16).max, seed);
        Vote memory vote = voteOf(seed, node);
        uint256 more = bound(multiple, 1, 4) * P;
        assertEq(PoseidonT3.hash([vote.nodes + more, vote.h + more]), PoseidonT3.hash([vote.nodes, vote.h]));
        uint256[4] memory path = pathOf(node);
        expectNotInField(
            vote.nodes + more,
            node,
            Vote(vote.nodes + more, vote.h, vote.s, vote.gammaX, vote.gammaY),
            path
        );
        expectNotInField(vote.h + more, node, Vote(vote.nodes, vote.h + more, vote.s, vote.gammaX, vote.gammaY), path);
        expectNotInField(vote.s + more, node, Vote(vote.nodes, vote.h, vote.s + more, vote.gammaX, vote.gammaY), path);
        if (_isDrawn) {
            (uint256 x, uint256 y) = (vote.gammaX, vote.gammaY);
            expectNotInField(x + more, node, Vote(vote.nodes, vote.h, vote.s, x + more, y), path);
            expectNotInField(y + more, node, Vote(vote.nodes, vote.h, vote.s, x, y + more), path);
        }
        for (uint256 level = 0; level < 4; ++level) {
            path[level] += more;
            expectNotInField(path[level], node, vote, path);
            path[level] -= more;
        }
        expectNotInField(P, node, Vote(P, vote.h, vote.s, vote.gammaX, vote.gammaY), path);
        expectNotInField(
            type(uint256).max,
            node,
            Vote(type(uint256).max, vote.h, vote.s, vote.gammaX, vote.gammaY),
            path
        );
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param present Bit i: there is a vote for node i.
    function plant(uint16 present, uint256 seed) private {
        for (uint256 node = 0; node < NODES; ++node) {
            _heap[NODES + node] = (present >> node) & 1 == 1 ? leafOf(voteOf(seed, node)) : 0;
        }
        grow();
    }

    function grow() private {
        for (uint256 i = NODES - 1; i > 0; --i) _heap[i] = PoseidonT3.hash([_heap[2 * i], _heap[2 * i + 1]]);
    }

    function leafOf(Vote memory vote) private view returns (uint256 leaf) {
        leaf = PoseidonT3.hash([PoseidonT3.hash([vote.nodes, vote.h]), vote.s]);
        if (_isDrawn) leaf = PoseidonT3.hash([leaf, PoseidonT3.hash([vote.gammaX, vote.gammaY])]);
    }

    /// @dev Returns a number of a point; 0 if votes have none.
    function gammaOf(uint256 value) private view returns (uint256) {
        return _isDrawn ? value : 0;
    }

    /// @dev Below p, so that 4p may be added to each without an overflow.
    function voteOf(uint256 seed, uint256 node) private view returns (Vote memory) {
        return
            Vote({
                nodes: number(seed, node, 0),
                h: number(seed, node, 1),
                s: number(seed, node, 2),
                gammaX: gammaOf(number(seed, node, 3)),
                gammaY: gammaOf(number(seed, node, 4))
            });
    }

    function number(uint256 seed, uint256 node, uint256 place) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, node, place))) % P;
    }

    function pathOf(uint256 node) private view returns (uint256[4] memory path) {
        uint256 position = NODES + node;
        for (uint256 level = 0; level < 4; ++level) {
            path[level] = _heap[position ^ 1];
            position /= 2;
        }
    }

    /// @return computed Root to which a path leads.
    function rootFrom(uint256 node, uint256 leaf, uint256[4] memory path) private pure returns (uint256 computed) {
        computed = leaf;
        for (uint256 level = 0; level < 4; ++level) {
            bool isRight = (node / 2 ** level) % 2 == 1;
            computed = PoseidonT3.hash(isRight ? [path[level], computed] : [computed, path[level]]);
        }
    }

    function open(uint256 node, bool exists, Vote memory vote) private view {
        _opening.requireOpen(_heap[1], node, _isDrawn, exists, vote, pathOf(node));
    }

    function refuse(uint256 node, bool exists, Vote memory vote) private {
        refuse(node, exists, vote, pathOf(node));
    }

    function refuse(uint256 node, bool exists, Vote memory vote, uint256[4] memory path) private {
        uint256 computed = rootFrom(node, exists ? leafOf(vote) : 0, path);
        assertNotEq(computed, _heap[1]);
        vm.expectRevert(abi.encodeWithSelector(VoteOpening.WrongVote.selector, node, computed, _heap[1]));
        _opening.requireOpen(_heap[1], node, _isDrawn, exists, vote, path);
    }

    function expectAbsent(Vote memory vote) private {
        vm.expectRevert(abi.encodeWithSelector(VoteOpening.VoteNotAbsent.selector, 5, vote.nodes, vote.h, vote.s));
        _opening.requireOpen(_heap[1], 5, _isDrawn, false, vote, pathOf(5));
    }

    function expectNoNode(uint256 node) private {
        vm.expectRevert(abi.encodeWithSelector(VoteOpening.NoSuchNode.selector, node));
        _opening.requireOpen(_heap[1], node, _isDrawn, true, voteOf(1, node % NODES), pathOf(node % NODES));
    }

    function expectNotInField(uint256 value, uint256 node, Vote memory vote, uint256[4] memory path) private {
        vm.expectRevert(abi.encodeWithSelector(VoteOpening.NotInField.selector, value));
        _opening.requireOpen(_heap[1], node, _isDrawn, true, vote, path);
    }
}

/// @dev Where tickets are drawn, a vote has a point.
contract DrawnVoteOpeningTest is VoteOpeningTest {
    function setUp() public override {
        super.setUp();
        _isDrawn = true;
    }
}
