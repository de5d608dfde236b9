"""The exam: scenarios with a known truth, put to the product from outside, scored in code."""
