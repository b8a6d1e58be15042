"""The story of the two children: a simulation of it, and what the rungs of the ladder do there."""
