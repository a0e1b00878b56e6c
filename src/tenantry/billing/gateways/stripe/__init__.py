"""Stripe: what it is asked and what it says, in plain values. What follows from that for us is written elsewhere."""
