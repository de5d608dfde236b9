"""Time series: what is scraped from where, and how it is found again."""
