"""One folder per outside system; only runtime discovers them."""
