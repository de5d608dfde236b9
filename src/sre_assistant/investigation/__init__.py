"""From an alert to a diagnosis: plan, collect, analyse, conclude."""
