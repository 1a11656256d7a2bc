"""Swiftlet's model factory: from data, or a trained model, to a nest that a board runs."""
