// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Ranking } from "../../../contracts/types/Ranking.sol";
import { Test } from "../helpers/Test.sol";

contract RankingTest is Test {
    uint256 private constant RANKS = 32;

    /// Things by rank, as the library has to order them.
    uint256[] private _order;

    function test_holdsTheWordOfTheExample() external pure {
        Ranking ranking = Ranking.wrap(0).insertAt(0, 0).insertAt(0, 2).insertAt(2, 1);
        assertEq(uint256(Ranking.unwrap(ranking)), 1_026);
    }

    function test_holds32Things_andLosesTheLastOneOfMore() external pure {
        Ranking ranking = Ranking.wrap(0);
        for (uint256 i = 0; i < RANKS; ++i) ranking = ranking.insertAt(i, RANKS - 1 - i);
        for (uint256 i = 0; i < RANKS; ++i) assertEq(ranking.indexAt(i), RANKS - 1 - i);
        ranking = ranking.insertAt(0, 7);
        assertEq(ranking.indexAt(0), 7);
        for (uint256 i = 1; i < RANKS; ++i) assertEq(ranking.indexAt(i), RANKS - i);
    }

    /// Each word of randomness is one operation.
    function testFuzz_ordersAsAnArrayDoes(uint256[40] calldata words) external {
        Ranking ranking = Ranking.wrap(0);
        for (uint256 i = 0; i < words.length; ++i) {
            (uint256 kind, uint256 left, uint256 right) = (words[i] % 4, words[i] >> 128, uint64(words[i] >> 8));
            if (kind < 2 && _order.length < RANKS) {
                (left, right) = (left % (_order.length + 1), right % RANKS);
                ranking = ranking.insertAt(left, right);
                _insert(left, right);
            } else if (kind == 2 && _order.length > 0) {
                left %= _order.length;
                ranking = ranking.removeAt(left);
                _remove(left);
            } else if (_order.length > 0) {
                (left, right) = (left % _order.length, right % _order.length);
                ranking = ranking.swapRanks(left, right);
                (_order[left], _order[right]) = (_order[right], _order[left]);
            }
            for (uint256 rank = 0; rank < _order.length; ++rank) assertEq(ranking.indexAt(rank), _order[rank]);
        }
    }

    function _insert(uint256 rank, uint256 index) private {
        _order.push();
        for (uint256 i = _order.length - 1; i > rank; --i) _order[i] = _order[i - 1];
        _order[rank] = index;
    }

    function _remove(uint256 rank) private {
        for (uint256 i = rank; i + 1 < _order.length; ++i) _order[i] = _order[i + 1];
        _order.pop();
    }
}
