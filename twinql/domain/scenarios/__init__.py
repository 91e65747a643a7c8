"""What would happen if: the questions, their answers beside the do-nothing baseline, and why there is none."""
