"""What each thing of the house does over time, beside the machines themselves."""
