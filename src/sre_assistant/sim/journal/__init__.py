"""What the house writes into its logs: worked out for a window when somebody looks, never stored."""
