"""One module per row of the goals: ours and the bare peer, in turn, in the same run."""
