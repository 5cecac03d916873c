// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title SpillingRing
 * @notice Keeps words with the numbers 1, 2, 3, …: the last `size` words in a ring, whose storage is used again and
 *         again, and those older words that were still needed when a newer word took their place.
 * @dev It never refuses a word, loses no word that is needed, and creates no storage as long as every word is spent
 *      before `size` others follow it (docs/adr/0044). Word n is
 *
 *        - in the ring, at the key n mod size, until word n + size is appended,
 *        - then spilled, at the key n + size, if it was needed at that moment; else it is gone.
 *
 *      So the newest number says where a word is. The keys of the two parts differ: a spilled word has a number of 0 or
 *      more, and so a key of at least `size`.
 *      The caller keeps the newest number, and a constant size for each ring.
 *      Invariants: INV-RING-01.
 */
library SpillingRing {
    struct Ring {
        mapping(uint256 key => uint256) words;
    }

    /**
     * @notice Appends word `number`, the one after the newest.
     * @param oldIsNeeded True if word `number - size` is still needed; false if it does not exist.
     */
    function append(Ring storage ring, uint256 size, uint256 number, uint256 word, bool oldIsNeeded) internal {
        uint256 place = number % size;
        // The key of the old word, n + size, is the number of the new one.
        if (oldIsNeeded) ring.words[number] = ring.words[place];
        ring.words[place] = word;
    }

    /// @notice Replaces word `number`.
    /// @dev WARNING: The caller must ensure that the word exists and is needed.
    function replace(Ring storage ring, uint256 size, uint256 number, uint256 newest, uint256 word) internal {
        ring.words[_key(size, number, newest)] = word;
    }

    /**
     * @notice Returns word `number`; 0 if it does not exist, or if it was not needed when a newer word took its place.
     * @param newest Number of the newest word.
     */
    function read(Ring storage ring, uint256 size, uint256 number, uint256 newest) internal view returns (uint256) {
        // The place of a number that does not exist yet holds an older word.
        return number > newest ? 0 : ring.words[_key(size, number, newest)];
    }

    /// @dev Returns the key of a word. `number` must not be above `newest`.
    function _key(uint256 size, uint256 number, uint256 newest) private pure returns (uint256) {
        return newest - number < size ? number % size : number + size;
    }
}
