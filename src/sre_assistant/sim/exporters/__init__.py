"""What each exporter shows of the world: metric names, types and labels as the real ones have them."""
