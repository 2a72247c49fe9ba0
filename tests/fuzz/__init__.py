"""Every parser against what was made to break it: a value, or an error of ours, nothing else."""
