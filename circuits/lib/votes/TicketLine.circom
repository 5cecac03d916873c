// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

/**
 * Prove: the line of the ticket is `value`, and all other lines are 0.
 *
 * @param TICKET_BITS bits of a ticket's id, 1 … 8
 * @input value field element
 * @input ticketBits[TICKET_BITS] binary (ensured by the caller), little-endian
 * @output lines[2^TICKET_BITS]
 * @constraints TicketLine(8): 255
 */
template TicketLine(TICKET_BITS) {
    assert(TICKET_BITS >= 1 && TICKET_BITS <= 8);
    
    signal input value;
    signal input ticketBits[TICKET_BITS];
    signal output lines[1 << TICKET_BITS];

    // From the top bit down, each level divides every line in two: `nodes` is a binary heap whose root is node 1.
    signal nodes[2 << TICKET_BITS];
    nodes[0] <== 0;
    nodes[1] <== value;
    for (var level = 0; level < TICKET_BITS; level++) {
        for (var node = 1 << level; node < 2 << level; node++) {
            nodes[2 * node + 1] <== nodes[node] * ticketBits[TICKET_BITS - 1 - level];
            nodes[2 * node] <== nodes[node] - nodes[2 * node + 1];
        }
    }
    for (var i = 0; i < 1 << TICKET_BITS; i++) {
        lines[i] <== nodes[(1 << TICKET_BITS) + i];
    }
}
