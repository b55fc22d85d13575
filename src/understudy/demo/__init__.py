"""demo owns the story that ``make demo`` plays: scenes that run for real, and the stage that shows them."""
