"""What a run does, phase after phase: takes values and hosts, gives outcomes; may import everything but verbs."""
