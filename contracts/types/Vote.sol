// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Holds a prover's vote as it stands in the transcript (docs/b52.md §2). A vote that is not valid may consist
 *         of any three field elements.
 * @param nodes Bitmap; bit i says "I will prove node i".
 * @param h First number of the signature.
 * @param s Second number of the signature.
 * @param gammaX x of the point that shows the ticket's output (docs/b52.md §11); 0 if tickets are not drawn.
 * @param gammaY y of that point; 0 if tickets are not drawn.
 */
struct Vote {
    uint256 nodes;
    uint256 h;
    uint256 s;
    uint256 gammaX;
    uint256 gammaY;
}

/**
 * @notice Opens the transcript at one node.
 * @param exists True if the transcript has a vote for the node, valid or not.
 * @param vote The vote; all zeros if it does not exist.
 * @param path Siblings from the leaf upwards.
 */
struct OpenedVote {
    bool exists;
    Vote vote;
    uint256[4] path;
}
