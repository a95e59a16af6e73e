"""What the server does by itself: the sweeps, and the scheduler that runs them."""
