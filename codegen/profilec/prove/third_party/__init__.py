"""The dependencies of a profile: which apply in its worlds, where they are installed, what of them counts."""
