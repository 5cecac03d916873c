// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

import { IBatchVerifier } from "./IBatchVerifier.sol";
import { ICoreDeployer } from "./ICoreDeployer.sol";
import { INativeBalances } from "./INativeBalances.sol";
import { IProverRegistry } from "./IProverRegistry.sol";
import { IRollup } from "./IRollup.sol";

/**
 * @title IB52
 * @notice Consensus by proposals, prover votes and a score. For each height, proposers commit to a block, a bid that
 *         they will burn and the provers who promised to prove it; the proven proposal with the highest score becomes
 *         the head.
 * @dev Source: "PBS with a federated prover network" (B52). Normative rules: docs/b52.md.
 *
 *      A round is one attempt at one height: proposal window → proof window → over. Phases follow from the clock:
 *
 *        proposing   opensAt ≤ t < proposalEnd       commit
 *        proving     proposalEnd ≤ t < proofEnd      submit
 *        over        proofEnd ≤ t                    advanceState if something was proven; else the next commit opens
 *                                                    a new round for the same height
 *
 *      A commitment: Committed → Proven (submit; again if better) → Settled (settle), or Committed → Settled.
 *      Invariants: INV-B52-01 to INV-B52-08, INV-QUEUE-03, INV-STAKE-01.
 */
interface IB52 is INativeBalances, ICoreDeployer {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param token Native token; moves exactly what it is asked to. Its supply is below 2^96 and never grows.
     * @param verifier Of the circuits leaf and merge.
     * @param proposalWindow Seconds in which proposals are committed, 1 … 30 days.
     * @param proofWindow Seconds in which they are proven, 1 … 30 days.
     * @param defenceWindow Seconds after the proof window in which a prover can show that it has proven its node, at
     *        least 3: a third of them for demands for votes, a third for answers, and a third for proofs after these.
     * @param pipelined Whether the proposal window of the next height opens with the proof window of this one;
     *        `proposalWindow` must then be at least `proofWindow`.
     * @param fairPay Whether the provers' share is split among all who contributed to any proven block.
     * @param maxUncles How many proven blocks beside the best are kept and paid, 0 … 3.
     * @param maxLeaves 2, 4 or 8.
     * @param baseFee What an L2 transaction pays for its proof, in wei, in blocks whose fee token is ETH.
     * @param minBid Lowest bid, at least 1.
     * @param blockReward For the proposer and the provers of a block, from the pool.
     * @param uncleReward For the provers of an uncle that is full and delivered by those who promised, from the pool.
     * @param tip For the producer of the L1 block in which the state advances, from the pool.
     * @param voteDeposit What a demand for votes puts at risk, about what an answer costs.
     * @param bounty For the caller of `slash`, out of the half that is not burned. At most what leaving out one node
     *        of a full tree costs a proposer, at the highest share.
     * @param lostBurnRate Part of the bid of a proven block that did not win, which is burned, in 1/10,000. 10,000 is
     *        "all pay".
     * @param unprovenBurnRate The same for a block that could have been proven and was not.
     * @param maxShare Highest share of the block reward for the provers, in 1/10,000; at most 5,000, so that leaving
     *        a prover out costs its proposer more than the prover.
     * @param targetProvers Number of provers below which a bid counts for less, 1 … 2 · `maxLeaves` − 1, as more
     *        cannot deliver.
     * @param minSlope Least handicap of a small set, 1e18 being "a bid of nobody's counts half"; at least 1e9.
     * @param maxSlope Greatest handicap.
     */
    struct Parameters {
        ERC20Burnable token;
        IBatchVerifier verifier;
        uint32 proposalWindow;
        uint32 proofWindow;
        uint32 defenceWindow;
        bool pipelined;
        bool fairPay;
        uint8 maxUncles;
        uint8 maxLeaves;
        uint96 baseFee;
        uint88 minBid;
        uint96 blockReward;
        uint96 uncleReward;
        uint96 tip;
        uint96 voteDeposit;
        uint96 bounty;
        uint16 lostBurnRate;
        uint16 unprovenBurnRate;
        uint16 maxShare;
        uint8 targetProvers;
        uint64 minSlope;
        uint64 maxSlope;
    }

    /**
     * What a proposer commits to (docs/b52.md §4).
     * @param round The round it is for.
     * @param height Its height.
     * @param parent Commitment hash of the block that it builds on; its first 208 bits count, as many as L1 keeps.
     * @param contentHash `keccak256(abi.encode(salt, keccak256(data), forcedCount, feeAccount, feeToken,
     *        keccak256(includeList)))`.
     * @param bid In the native token; burned if the block wins.
     * @param share Part of the block reward for the provers, in 1/10,000.
     * @param leaves Of its proof tree: 2, 4 or 8. Part of what is voted for, so that a vote for a node is one for a
     *        leaf or for an inner node of a known tree.
     * @param promisedProvers Number of provers that it says will deliver, at most that of the nodes; no more are
     *        counted.
     * @param transcript `keccak256(abi.encode(promised, votesRoot))` of docs/b52.md §2.
     */
    struct Proposal {
        address proposer;
        uint40 round;
        uint40 height;
        bytes32 parent;
        bytes32 contentHash;
        uint88 bid;
        uint16 share;
        uint8 leaves;
        uint8 promisedProvers;
        bytes32 transcript;
    }

    /**
     * A prover's vote, as the transcript holds it (docs/b52.md §2): valid or not, any three field elements.
     * @param nodes Bit i: "I will prove node i".
     * @param h, s The signature.
     */
    struct Vote {
        uint256 nodes;
        uint256 h;
        uint256 s;
    }

    /**
     * A vote, opened against the transcript.
     * @param exists Whether there is a vote for the node, valid or not.
     * @param vote All zeros if there is none.
     * @param path Siblings, from the leaf upwards.
     */
    struct Opening {
        bool exists;
        Vote vote;
        uint256[4] path;
    }

    /// @notice A proof of a leaf, with the public signals that L1 does not know (docs/protocol.md §6).
    struct LeafNode {
        uint256[8] proof;
        uint256 newStateRoot;
        uint256 exitsHash;
        uint256 proverFees;
        uint256 commitment;
        uint256 digest;
        uint256 worker;
    }

    /// @notice A proof of an inner node, with the public signals that L1 does not know (docs/b52.md §3).
    struct MergeNode {
        uint256[8] proof;
        uint256 digest;
        uint256 delivered;
        uint256 nodes;
        uint256 worker;
    }

    /**
     * A proven block: opens the commitment and proves it.
     * @param promised, votesRoot Preimage of `Proposal.transcript`.
     * @param data Forced operations first, then transactions.
     * @param includeList Signed transactions, at most one leaf of them, that a block after this round has to include
     *        if this one is proven and the best of those that lose (docs/b52.md §5.1).
     * @param leaves In order; as many as the proposal says, which are the least that hold the data.
     * @param merges Nodes 1, 2, … of the tree; one less than leaves.
     * @param exits Two words for each exit (`ShownExits`), in the order of slots, which are counted through the block.
     */
    struct Submission {
        bytes32 salt;
        uint16 forcedCount;
        uint32 feeAccount;
        uint16 feeToken;
        uint128 promised;
        uint256 votesRoot;
        bytes data;
        bytes includeList;
        LeafNode[] leaves;
        MergeNode[] merges;
        uint256[] exits;
    }

    /**
     * What L1 remembers of a proven block, as a hash.
     * @param id Commitment hash.
     * @param provers Number of provers that count: those that delivered, but not more than were promised.
     * @param leaves Number of leaves.
     * @param votesRoot Of the transcript.
     * @param nodes Credited and defaulted nodes, in the form of the merge circuit: bit i for a node that is credited in
     *        any accepted submission, bit 16 + i for one that has a valid vote and is credited in none.
     * @param defenceEnd From when on a default is final, in unix seconds.
     * @param statements keccak256 of what was verified with the submission accepted last, in the encoding of
     *        `Statements`, leaves first.
     * @param transition keccak256 of the encoded `IRollup.Transition`.
     */
    struct BlockRecord {
        address proposer;
        uint40 round;
        bytes32 id;
        uint88 bid;
        uint16 share;
        uint8 provers;
        uint8 leaves;
        uint128 promised;
        uint256 votesRoot;
        uint32 nodes;
        uint40 defenceEnd;
        bytes32 statements;
        bytes32 transition;
    }

    /**
     * How a round ended, kept as a hash.
     * @param parent Head before it.
     * @param winner Zero if nothing was proven.
     * @param uncles Proposers of the best proven blocks beside the winner's, best first.
     * @param proposerReward For the winner, if all promised nodes were delivered.
     * @param proversReward For the provers of the winner, or with fair pay of all proven blocks, by their scores.
     * @param uncleNodeReward For each delivered node of an uncle, besides.
     * @param scores With fair pay: sum of the scores of all proven blocks; else 0.
     * @param slope With fair pay: that of these scores; else 0.
     */
    struct RoundResult {
        uint40 round;
        bytes32 parent;
        address winner;
        address[] uncles;
        uint256 proposerReward;
        uint256 proversReward;
        uint256 uncleNodeReward;
        uint256 scores;
        uint64 slope;
    }

    /// @notice State of a commitment.
    enum Status {
        None,
        Committed,
        Proven,
        Settled
    }

    /**
     * @param hash First 208 bits of the commitment hash.
     * @param round The round it is for.
     */
    struct Commitment {
        bytes26 hash; // slot 0
        uint40 round; // slot 0
        Status status; // slot 0
    }

    /**
     * @param id 1, 2, 3, …; 0 if no round is open.
     * @param opensAt Beginning of the proposal window, in unix seconds.
     * @param hasCommitments Whether there is any.
     * @param ranked Number of blocks kept: the best and its uncles.
     * @param hasList Whether its blocks have to include a list.
     * @param carriesList Whether any of its proven blocks carries one.
     */
    struct Round {
        uint40 id; // slot 0
        uint40 height; // slot 0
        uint40 opensAt; // slot 0
        bool hasCommitments; // slot 0
        uint8 ranked; // slot 0
        bool hasList; // slot 0
        bool carriesList; // slot 0
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Deployed together with its registry, with these parameters for good.
    event ConsensusDeployed(
        IRollup indexed rollup,
        IProverRegistry indexed registry,
        IRollup.CoreParameters core,
        Parameters params,
        IProverRegistry.StakingParameters staking
    );

    /// @notice A round began.
    event RoundOpened(uint256 indexed round, uint256 indexed height, uint256 opensAt, uint256 registryRoot);

    /// @notice A proposal was committed.
    event ProposalCommitted(uint256 indexed round, address indexed proposer, bytes32 id, Proposal proposal);

    /// @notice A block was proven. Its data is in the calldata of the transaction, or in `BlockPublished`.
    event BlockProven(
        uint256 indexed round,
        address indexed proposer,
        uint256 score,
        BlockRecord record,
        IRollup.Transition transition
    );

    /// @notice What was submitted, if a contract or an account with code did so.
    event BlockPublished(uint256 indexed round, address indexed proposer, Submission submission);

    /// @notice A round is over; with a winner, the head advanced.
    event RoundEnded(uint256 indexed round, uint256 indexed height, bytes32 indexed head, RoundResult result);

    /// @notice Blocks of `height` have to include the list that `proposer` carried in `round`.
    event IncludeListDue(uint256 indexed height, uint256 indexed round, address indexed proposer, bytes32 list);

    /// @notice A commitment's bid was returned, less `burned`.
    event CommitmentSettled(uint256 indexed round, address indexed proposer, uint256 returned, uint256 burned);

    /// @notice A block's rewards were paid.
    event RewardsPaid(uint256 indexed round, address indexed proposer, uint256 amount);

    /// @notice The result of `round` made room for another, and what was reserved for its rewards and not paid went
    ///         back to the pool.
    event RewardsLapsed(uint256 indexed round, uint256 amount);

    /// @notice A prover showed its proof of a node that it had not delivered.
    event Defended(uint256 indexed round, address indexed proposer, uint256 indexed ticket, uint256 node);

    /// @notice A prover was slashed for a node that it promised and did not deliver; the caller got `bounty`.
    event Slashed(
        uint256 indexed round,
        address indexed proposer,
        uint256 indexed ticket,
        uint256 node,
        uint256 burned,
        uint256 pooled,
        uint256 bounty
    );

    /// @notice `asker` says that the votes which a proof of this node needs are hidden.
    event VotesDemanded(uint256 indexed round, address indexed proposer, uint256 node, address asker);

    /// @notice The votes that a proof of this node needs: for its children, and for the root its own last.
    event VotesShown(
        uint256 indexed round,
        address indexed proposer,
        uint256 node,
        address answerer,
        Opening[] openings
    );

    /// @notice The deposit of a demand went to `receiver`.
    event DemandClosed(uint256 indexed round, address indexed proposer, uint256 node, address receiver);

    /// @notice Somebody added to the pool of rewards.
    event PoolFunded(address indexed from, uint256 amount);

    /// @notice Bids and parts of slashes were destroyed.
    event Burned(uint256 amount);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice A parameter is out of its range.
    error InvalidParameter(string name, uint256 value);

    /// @notice The proposal names another proposer than the caller.
    error NotProposer(address caller, address proposer);

    /// @notice No proposal window is open: the one of `round` closed at `closedAt`.
    error ProposalWindowClosed(uint256 round, uint256 closedAt, uint256 timestamp);

    /// @notice The proposal window that is open is that of another round or height.
    error WrongRound(uint256 round, uint256 height, uint256 openRound, uint256 openHeight);

    /// @notice The proposal does not build on the head, or, pipelined, on a commitment of the round before.
    error WrongParent(bytes32 parent, bytes32 expected);

    /// @notice The bid is too low.
    error BidBelowMinimum(uint256 bid, uint256 minimum);

    /// @notice The share of the provers is too high.
    error ShareAboveMaximum(uint256 share, uint256 maximum);

    /// @notice A tree has 2, 4 or 8 leaves, and no more than the maximum.
    error InvalidTreeSize(uint256 leaves, uint256 maximum);

    /// @notice A tree has fewer nodes than provers are promised.
    error TooManyProvers(uint256 promised, uint256 maximum);

    /// @notice The proposer has a commitment in this round.
    error AlreadyCommitted(uint256 round, address proposer);

    /// @notice The proposer's place is taken by a commitment of an earlier round, which it has to settle first.
    error UnsettledCommitment(uint256 round, address proposer);

    /// @notice There is no such commitment: what is shown has another hash than what was committed.
    error UnknownCommitment(address proposer, bytes32 shown, bytes26 recorded);

    /// @notice The commitment is not in the state that this takes.
    error WrongStatus(address proposer, Status status);

    /// @notice All nodes that the submission credits are credited already; both are bitmaps.
    error NotBetter(uint256 credited, uint256 recorded);

    /// @notice Proofs of the round are accepted from `opensAt` to one second before `closesAt`.
    error ProofWindowClosed(uint256 round, uint256 opensAt, uint256 closesAt, uint256 timestamp);

    /// @notice The round that is being proven is another one.
    error NotCurrentRound(uint256 round, uint256 current);

    /// @notice The transcript shown is not the one committed to.
    error WrongTranscript(bytes32 shown, bytes32 committed);

    /// @notice The content shown is not the one committed to.
    error WrongContent(bytes32 shown, bytes32 committed);

    /// @notice The block does not include the list that is due, right after its forced operations.
    error ListIgnored(bytes32 shown, bytes32 due);

    /// @notice An include list is a row of slots, at most one leaf of them.
    error WrongListLength(uint256 length, uint256 maximum);

    /// @notice The block's data needs a tree of another size than the proposal says.
    error WrongTreeSize(uint256 leaves, uint256 committed);

    /// @notice This exit of the block is not in its leaves, or in a leaf before that of an earlier exit; or the last
    ///         word has no second one.
    error InvalidExit(uint256 exit);

    /// @notice A number of proofs is wrong.
    error WrongNodeCount(uint256 leaves, uint256 merges, uint256 expectedLeaves);

    /// @notice The round's windows are open until `endsAt`.
    error RoundNotOver(uint256 round, uint256 endsAt, uint256 timestamp);

    /// @notice No block was proven in the round.
    error NothingProven(uint256 round);

    /// @notice A record, result or transition that is shown is not the one recorded.
    error WrongPreimage(string what, bytes32 shown, bytes32 recorded);

    /// @notice The result of `round` is kept no longer: `latest`, a later round, has its place.
    error ResultLapsed(uint256 round, uint256 latest);

    /// @notice `count` demands are open about the block that this place of the proposer's records has, which was proven
    ///         `ROUNDS_KEPT` rounds ago or more: they have to be closed first, by anybody.
    error DemandsOpen(address proposer, uint256 place, uint256 count);

    /// @notice The rewards of the block were paid before.
    error AlreadyPaid(uint256 round, address proposer);

    /// @notice The block earns nothing: it is neither the winner nor an uncle, and there is no fair pay.
    error NotRewarded(uint256 round, address proposer);

    /// @notice Nobody defaulted on this node, or that was dealt with.
    error NoDefault(uint256 node, uint256 nodes);

    /// @notice Defences are accepted until one second before `end`, and defaults are slashed from then on.
    error DefenceWindow(uint256 end, uint256 timestamp);

    /// @notice Nobody slashed in time: from `end` on the ticket may have another owner.
    error DefaultLapsed(uint256 end, uint256 timestamp);

    /// @notice The ticket was slashed for this round, in which it can be slashed once.
    error AlreadySlashed(uint256 round, uint256 ticket);

    /// @notice The votes that a proof of the node needs were demanded and not shown: the default is void.
    error VotesNotShown(uint256 node);

    /// @notice Votes can be demanded until one second before `end`.
    error DemandWindow(uint256 end, uint256 timestamp);

    /// @notice Votes can be shown until one second before `end`.
    error AnswerWindow(uint256 end, uint256 timestamp);

    /// @notice The node is a leaf, whose proof needs no votes.
    error NoVotesNeeded(uint256 node, uint256 leaves);

    /// @notice `asker` demanded these votes before.
    error AlreadyDemanded(uint256 node, address asker);

    /// @notice Nobody demanded these votes.
    error NotDemanded(uint256 node);

    /// @notice `answerer` showed these votes before.
    error AlreadyShown(uint256 node, address answerer);

    /// @notice A merge needs the votes for its two children, and that of the root its own as well.
    error WrongOpeningCount(uint256 count, uint256 expected);

    /// @notice There is nothing to burn.
    error NothingToBurn();

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Adds to the pool that rewards are paid from.
     * @dev Requirements
     *      - The caller approved `amount`.
     */
    function fundPool(uint256 amount) external;

    /**
     * @notice Commits to a block; takes the bid from the caller's balance.
     * @param parentProposer Who committed to the parent; only asked if the proposal window is that of the next height
     *        (pipelined), else ignored.
     * @dev Requirements
     *      - The caller is the proposer, a proposal window is open, and `round` and `height` are those of it.
     *      - `parent` is the head, or, for the next height, a commitment of the round that is being proven.
     *      - `bid` is in [MIN_BID, balance], `share` at most `MAX_SHARE`.
     *      - `leaves` is a size of a tree, at most `MAX_LEAVES`, and `promisedProvers` at most its number of nodes.
     *      - The proposer has no commitment in this round, and none that is not settled in its place (one for even
     *        heights, one for odd ones).
     *      Effects
     *      - If the round at hand is over without a proof, it is closed and a new one for the same height begins with
     *        this proposal.
     */
    function commit(Proposal calldata proposal, address parentProposer) external;

    /**
     * @notice Proves a proposal. Anyone may, and again if the proofs credit a node that no submission before did.
     * @dev Requirements
     *      - The proposal was committed for the current round, and builds on the head.
     *      - It is the round's proof window.
     *      - `submission` opens the commitment.
     *      - The forced operations are the next of the queue, and, if there is room for more, none that is left out is
     *        overdue at the end of the proof window.
     *      - Every proof is valid.
     *      - No demand is open about the block whose place the record takes (`ROUNDS_KEPT`).
     *      Effects
     *      - The block is recorded, and kept if it is among the best. Nodes credited before stay so: no submission
     *        takes anything from anybody.
     */
    function submit(Proposal calldata proposal, Submission calldata submission) external;

    /**
     * @notice Makes the best block of the current round the head. Anyone may, after the proof window.
     * @param record Of the best block.
     * @param transition Of the best block.
     * @dev Effects
     *      - The winner's bid is to be burned, and its commitment settled. If the pool holds the block's reward and the
     *        tip, the reward is reserved and the tip goes to the producer of the L1 block; the uncles' reward as far as
     *        the pool reaches then.
     *      - The next round is open.
     *      - The result of the round is kept in the place of an older one: what that had reserved for rewards that were
     *        not paid is in the pool again.
     *      The cost does not depend on the number of provers or proposals.
     */
    function advanceState(BlockRecord calldata record, IRollup.Transition calldata transition) external;

    /**
     * @notice Returns the bid of a commitment of a round that is over, less the part that is burned. Anyone may call.
     *         The winner's is settled when the state advances.
     * @param result Of the round; ignored if there is none, which is so for rounds that never could be proven, as the
     *        one before was not, and if it is kept no longer (`ROUNDS_KEPT`).
     * @dev Of a commitment whose result is kept no longer as much is burned as if it had built on the head.
     */
    function settle(Proposal calldata proposal, RoundResult calldata result) external;

    /**
     * @notice Pays the rewards of one proven block to the balances of its proposer and of the provers who delivered.
     *         Anyone may call, once for each block, until its record or the result makes room for another, which is not
     *         before round r + `ROUNDS_KEPT` is open.
     */
    function payRewards(RoundResult calldata result, BlockRecord calldata record) external;

    /**
     * @notice Shows that a prover has proven a node that the accepted block has from somebody else.
     * @param statements What was verified with the block.
     * @param proof, digest Of the node's circuit, with the prover's ticket as worker, and otherwise the public signals
     *        of the accepted proof.
     * @dev Effects
     *      - The default is cleared. Nothing is paid, and no winner changes.
     */
    function defend(
        BlockRecord calldata record,
        bytes calldata statements,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external;

    /**
     * @notice Slashes the prover who promised a node of a rewarded block and did not deliver it, after the defence
     *         window, and for as long as the three windows take together; once for each round, whatever it missed in
     *         it. Anyone may call. Half of the slash is burned, rounded up; of the rest the caller gets the bounty,
     *         unless it is the proposer, and the pool what is left.
     * @dev A default on a node whose votes were demanded and not shown is void.
     *      Whoever left when the round was open has its stake locked for longer: so the owner of the ticket who made
     *      the promise is slashed, and never the next one.
     */
    function slash(RoundResult calldata result, BlockRecord calldata record, uint256 node) external;

    /**
     * @notice Says that the votes which a proof of this node needs are hidden, and asks for them. If nobody shows them,
     *         the default on it is void. Anyone may, in the first third of the defence window or before; takes the
     *         deposit from the caller's balance.
     * @param node Defaulted, and inner: a leaf's proof needs no votes.
     */
    function demandVotes(BlockRecord calldata record, uint256 node) external;

    /**
     * @notice Shows the votes that somebody demanded. Anyone may, until the last third of the defence window.
     * @param openings Of the votes for the children, 2 · `node` and 2 · `node` + 1, and for the root of its own.
     */
    function showVotes(BlockRecord calldata record, uint256 node, Opening[] calldata openings) external;

    /**
     * @notice Returns the deposit of a demand, after the defence window: to whoever showed the votes if the default
     *         stands; to whoever asked if nobody showed them, the default was defended, or the node was delivered
     *         after all. Anyone may call.
     * @dev Effects
     *      - If nobody has shown the votes, the default stays void.
     */
    function closeDemand(BlockRecord calldata record, uint256 node) external;

    /// @notice Destroys the bids and slashes that are to be burned; after a freeze, the pool as well. Anyone may call.
    function burn() external returns (uint256 amount);

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Height of the head; 0 at genesis.
    function height() external view returns (uint256);

    /// @notice Commitment hash of the head; `keccak256(abi.encode(DOMAIN))` at genesis.
    function head() external view returns (bytes32);

    /**
     * @notice The round for which a proposal can be committed now, or, if none, would be next.
     * @return round Its id; one that does not exist yet if a commit would open it.
     * @return forHeight Its height.
     * @return isOpen Whether a proposal can be committed now.
     */
    function openRound() external view returns (uint256 round, uint256 forHeight, bool isOpen);

    /// @notice The round of `forHeight`, if it is open and that of the next block or the one after it; else zeros.
    function roundOf(uint256 forHeight) external view returns (Round memory);

    /// @notice Root of the provers' keys when the round of `forHeight` was opened; 0 where `roundOf` gives zeros.
    function registryRootOf(uint256 forHeight) external view returns (uint256);

    /// @notice The best blocks of the current round, best first.
    function ranking() external view returns (address[] memory proposers, uint256[] memory scores);

    /// @notice The commitment in a proposer's place for even (0) or odd (1) heights.
    function commitmentOf(address proposer, uint256 parity) external view returns (Commitment memory);

    /// @notice Hash that provers sign (docs/b52.md §4), and the commitment hash, of a proposal.
    function hashesOf(Proposal calldata proposal) external view returns (bytes32 proposalHash, bytes32 id);

    /// @notice Score of a block with this many provers and this bid, at the current slope.
    function scoreOf(uint256 provers, uint256 bid) external view returns (uint256);

    /// @notice The list that blocks of `forHeight` have to include: the first 208 bits of the hash of its bytes, 40
    ///         zero bits, and the number of its transactions; 0 if there is none. Of heights that the head has passed,
    ///         lists are forgotten sooner or later.
    function listDue(uint256 forHeight) external view returns (bytes32);

    /// @notice Tokens in the pool, tokens to be burned, and the slope.
    function treasury() external view returns (uint256 pool, uint256 toBurn, uint256 slope);

    /// @notice The provers' tickets.
    function REGISTRY() external view returns (IProverRegistry);

    /// @notice The verifier of the circuits leaf and merge.
    function VERIFIER() external view returns (IBatchVerifier);

    /**
     * @notice Number of rounds of which results and records are kept: those of round r at least until round
     *         r + `ROUNDS_KEPT` is open, and no default of round r can be slashed then any more.
     * @dev `2 · ⌈2 (P + V + D) / (P + V)⌉`, of the proposal, proof and defence windows. For example, windows of 10, 10
     *      and 20 minutes give 8.
     */
    function ROUNDS_KEPT() external view returns (uint256);

    /// @notice `keccak256(abi.encode(core, params, staking))` of the parameters, which are in the event
    ///         `ConsensusDeployed`.
    function PARAMETERS_HASH() external view returns (bytes32);
}
