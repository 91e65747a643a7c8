"""What people let TwinQL decide by rules of their own, and how far it may act by itself."""
